"""Known layouts: public data sets that are read as they are published, one file each."""

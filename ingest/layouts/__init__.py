"""Known layouts: public data sets in their published form, one module each."""

"""Tables as they stand in files, on the way to typed ones: reading them, and keeping account of what is wrong."""

"""User histories: queries of the user tower, and training windows."""

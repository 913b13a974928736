"""The routes, a file per noun: each parses, calls one method of the pipeline and returns."""

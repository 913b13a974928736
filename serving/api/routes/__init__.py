"""The routes, one file per noun: each parses the request, calls one method and returns the response."""

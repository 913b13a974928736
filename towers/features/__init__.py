"""Feature encoding: typed columns become dense and sparse numbers."""

"""Tests of the Python API: the package that people import."""

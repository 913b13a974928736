"""Keeps the collections of the vector index in sync with the store: every change at once, and whole rebuilds."""

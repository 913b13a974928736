"""Keeps the vector index in sync with the store: single changes, backfill of missed changes, and re-indexing."""

"""The vector index: Qdrant collections of item vectors, built, verified and switched to by an alias."""

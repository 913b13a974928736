"""Item vectors in Qdrant: the vector index, building, verifying and switching."""

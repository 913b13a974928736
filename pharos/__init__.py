"""Two-tower retrieval with a vector database: train, index, serve, and measure honestly."""

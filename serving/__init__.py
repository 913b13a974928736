"""The server: store, sync of the vector index, pipeline, writes, HTTP API and web page."""

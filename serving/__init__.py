"""The online side: the store, the sync with the vector index, the pipeline, the HTTP API and the web page."""

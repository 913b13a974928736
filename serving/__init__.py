"""The online side: the store, the recommendation pipeline, the HTTP API, the web page and the command line."""

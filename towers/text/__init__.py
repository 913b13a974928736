"""The text model, and the document of each item that it encodes."""

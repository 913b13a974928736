"""The text model, and the document of an item that it reads."""

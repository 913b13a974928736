"""Content-based filtering: items as sparse TF-IDF vectors, and user profiles over them."""

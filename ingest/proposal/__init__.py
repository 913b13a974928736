"""A first dataset.toml for a folder of files that nobody has described yet: guessed from names and values."""

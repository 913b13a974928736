"""Proposes a first dataset.toml for a folder, guessed from the names and values in its files."""

"""The rating model: what a person would give an item."""

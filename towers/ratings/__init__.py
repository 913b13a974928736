"""The rating model: predicts the rating that a user would give an item."""

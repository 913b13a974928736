"""Item-to-item collaborative filtering: weights of item pairs from the histories of all users."""

"""What is written about items, as sparse vectors, and a person's taste in it."""

"""What other people's histories say of pairs of items."""

"""What a bundle has learnt, looked at: taste-free biases, factors, maps, neighbours, and what the ranker weighs."""

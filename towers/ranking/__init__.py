"""The ranking model: features of candidates, the network, its training, and the ranker that serves it."""

"""The ranking model: features of candidates, network, training, and the ranker that serves."""

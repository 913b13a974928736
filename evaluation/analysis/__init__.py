"""Analysis of a bundle: item biases, factors, maps, nearest neighbours, and the importance of ranking features."""

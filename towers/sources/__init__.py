"""The sources of candidates (towers, neighbours, content), and the merging of their lists."""

"""The sources of candidates, and how their answers become one list: towers, neighbours and content."""

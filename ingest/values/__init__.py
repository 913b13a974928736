"""Parsers of cell values as people and programs write them: numbers, times, tags, flags."""

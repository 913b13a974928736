"""Cells as people and programs write them: numbers, times, tags, flags."""

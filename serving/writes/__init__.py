"""Writes: checked, stored, and for items indexed before the answer."""

"""Writes: validated, stored, and for items indexed before the response."""

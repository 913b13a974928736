"""Protocols, metrics, tuned peers and reports: the system held against others on the full catalogue."""

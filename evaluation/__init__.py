"""Evaluation: protocols, metrics, tuned baselines and reports, on the full catalogue."""

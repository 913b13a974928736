"""Evaluation: protocols, metrics, tuned peers (baseline methods) and reports, on the full catalogue."""

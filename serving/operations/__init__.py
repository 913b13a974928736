"""Runs a server: API keys, where it may listen, logs, metrics, the doctor, re-indexing from the command line."""

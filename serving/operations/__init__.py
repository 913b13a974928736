"""Operations: API keys, logs, metrics, health checks, backup, retraining, and re-indexing from the command line."""

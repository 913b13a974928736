"""Ingestion: data set folders and known layouts are read, validated, typed, and split for evaluation."""

"""Tables in: dataset folders and known layouts become typed tables, validated, and split for evaluation."""

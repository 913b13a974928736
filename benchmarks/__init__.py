"""What is measured for speed and size: one command each, `python -m benchmarks.NAME`."""

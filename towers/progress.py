"""How long work tells a person where it stands: the same for reading, training and indexing."""

from pharos.ingest.progress import Progress, Silent, Task

__all__ = ["Progress", "Silent", "Task"]

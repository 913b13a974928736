"""Progress of long work: the interface that reading, training and indexing report to."""

from pharos.ingest.progress import Progress, Silent, Task

__all__ = ["Progress", "Silent", "Task"]

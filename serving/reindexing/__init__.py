"""Re-indexing while serving: a collection is built beside the live one, brought up to date, proved, and switched to."""

from pharos.serving.reindexing.reindexer import Reindexer

__all__ = ["Reindexer"]

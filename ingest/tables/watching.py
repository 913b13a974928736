"""Progress of reading large files, shown only when it takes a while."""

import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import IO, Any, Final, cast

from pharos.ingest.progress import Progress, Silent, Task

_MEGABYTE: Final = 1_000_000
SHOWN_FROM: Final = 32 * _MEGABYTE
"""Bytes that are read before anything is shown."""

# A context variable, so that it need not be passed through every layout.
_progress: Final[ContextVar[Progress | None]] = ContextVar("progress", default=None)


@contextmanager
def watched(progress: Progress | None) -> Iterator[None]:
    """A context in which reading large files is shown by this progress; None shows nothing."""
    token = _progress.set(progress)
    try:
        yield
    finally:
        _progress.reset(token)


@contextmanager
def open_watched(path: Path, name: str) -> Iterator[IO[bytes]]:
    """Open a file; how far it is read is shown as a task of this name. Errors: OSError."""
    progress = _progress.get()
    if progress is None or isinstance(progress, Silent) or path.stat().st_size < SHOWN_FROM:
        with path.open("rb") as stream:
            yield stream
        return
    with ExitStack() as shown, io.BufferedReader(_WatchedFile(path, name, progress, shown)) as watched_stream:
        yield cast(IO[bytes], watched_stream)


class _WatchedFile(io.FileIO):
    """Tracks the furthest byte read; the task opens at `SHOWN_FROM`, so that looking at a file's head shows nothing."""

    def __init__(self, path: Path, name: str, progress: Progress, shown: ExitStack) -> None:
        super().__init__(path)
        self._told, self._total = name, path.stat().st_size
        self._progress, self._shown = progress, shown
        self._task: Task | None = None
        self._furthest = self._said = 0

    def readinto(self, buffer: Any, /) -> int:
        count = super().readinto(buffer)
        self._count()
        return count or 0

    def readall(self) -> bytes:
        content = super().readall()
        self._count()
        return content or b""

    def _count(self) -> None:
        self._furthest = max(self._furthest, self.tell())
        if self._furthest < SHOWN_FROM:
            return
        if self._task is None:
            task = self._progress.task(f"reading {self._told} (MB)", round(self._total / _MEGABYTE))
            self._task = self._shown.enter_context(task)
        done = self._furthest // _MEGABYTE
        if done > self._said:
            self._task.advance(done - self._said)
            self._said = done

"""A lock on a folder that one process holds at a time, and that is released when the process dies."""

import os
import sys
from pathlib import Path
from typing import IO, Final, Self

from pharos.indexing.errors import IndexUnavailable

_FILE: Final = "lock"


class FolderLocked(IndexUnavailable):
    """Another process or thread holds the lock. process: its process id, as text."""

    def __init__(self, folder: Path, process: str) -> None:
        super().__init__(
            f"another process has this index open: {folder} (process {process}); stop it, or, where it is a server, "
            "ask it over HTTP"
        )
        self.process = process


class FolderLock:
    """A lock, held from construction to `release`. Raises FolderLocked if any process or thread holds it already.

    file: the name of the lock, where a folder has several.
    """

    def __init__(self, folder: Path, file: str = _FILE) -> None:
        self._file: IO[str] = (folder / file).open("a+", encoding="ascii")
        try:
            _lock(self._file)
        except OSError as error:
            self._file.seek(0)
            holder = self._file.read(20).strip() or "unknown"
            self._file.close()
            raise FolderLocked(folder, holder) from error
        self._file.truncate(0)
        self._file.write(f"{os.getpid()}\n")
        self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Release the lock."""
        self._file.close()


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[str]) -> None:
        # A byte far behind the text, so that others can still read who holds the lock.
        file.seek(1 << 30)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        file.seek(0)
else:
    import fcntl

    def _lock(file: IO[str]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

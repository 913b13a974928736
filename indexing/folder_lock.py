"""A lock that one process at a time holds on a folder, and that dies with the process."""

import os
import sys
from pathlib import Path
from typing import IO, Final

from indexing.errors import IndexUnavailable

_FILE: Final = "lock"


class FolderLock:
    """Held from construction to `release`. Raises IndexUnavailable if another process holds it, naming that one."""

    def __init__(self, folder: Path) -> None:
        self._file: IO[str] = (folder / _FILE).open("a+", encoding="ascii")
        try:
            _lock(self._file)
        except OSError as error:
            self._file.seek(0)
            holder = self._file.read(20).strip() or "unknown"
            self._file.close()
            raise IndexUnavailable(f"another process has this index open: {folder} (process {holder})") from error
        self._file.truncate(0)
        self._file.write(f"{os.getpid()}\n")
        self._file.flush()

    def release(self) -> None:
        """Let others have the folder."""
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

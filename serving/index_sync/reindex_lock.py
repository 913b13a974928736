"""The lock that lets one process at a time re-index: in the database that machines share, or in a file."""

from typing import Final, Protocol, Self

from pharos.indexing.folder_lock import FolderLock, FolderLocked
from pharos.serving.errors import ServingError
from pharos.serving.settings import Settings
from pharos.serving.store import AdvisoryLockTaken, Store

_FILE: Final = "reindex.lock"


class ReindexLocked(ServingError):
    """Another process or thread is re-indexing or rolling back. holder: its process id, and machine if known."""

    def __init__(self, holder: str) -> None:
        super().__init__(f"another re-index or rollback is running (process {holder})")
        self.holder = holder


class ReindexLock(Protocol):
    """A lock that is held until it is released, or its process or machine dies."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def check(self) -> None:
        """Raise StoreError if the lock may have been lost."""

    def release(self) -> None:
        """Release the lock."""


class _FileLock(FolderLock):
    def check(self) -> None:
        """A file's lock cannot be lost while its process lives."""


def acquire(settings: Settings, store: Store) -> ReindexLock:
    """Acquire the lock: with PostgreSQL in the database, for all machines; with SQLite as a file in data_dir.

    Raises ReindexLocked, StoreError.
    """
    try:
        shared = store.reindex_lock()
    except AdvisoryLockTaken as taken:
        raise ReindexLocked(taken.holder) from taken
    if shared is not None:
        return shared
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    try:
        return _FileLock(settings.data_dir, _FILE)
    except FolderLocked as locked:
        raise ReindexLocked(locked.process) from locked

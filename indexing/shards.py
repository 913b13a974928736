"""The shards (engine files) of collections: opened, closed, verified by checksums, and moved aside when damaged."""

import errno
import logging
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import RLock
from typing import Final

from qdrant_edge import EdgeConfig, EdgeShard

from pharos.indexing.embedded_points import new_shard
from pharos.indexing.errors import CollectionDamaged, IndexUnavailable, UnknownCollection
from pharos.indexing.index import CollectionSpec
from pharos.indexing.index_folder import IndexFolder
from pharos.ingest.file_sums import damage, write_sums

logger = logging.getLogger(__name__)

_TRIAL: Final = """
import sys
from qdrant_edge import CountRequest, EdgeShard
shard = EdgeShard.load(sys.argv[1])
shard.count(CountRequest(exact=True))
shard.close()
"""
_TRIAL_SECONDS: Final = 20.0
_TRIAL_BYTES_PER_SECOND: Final = 20_000_000
# A lack of space, memory or rights is no damage: the next attempt may succeed.
_TRANSIENT: Final = {
    errno.ENOSPC,
    errno.EMFILE,
    errno.ENFILE,
    errno.ENOMEM,
    errno.EACCES,
    errno.EPERM,
    errno.EIO,
    errno.EROFS,
}
_OS_ERROR: Final = re.compile(r"os error (\d+)")


def is_panic(error: BaseException) -> bool:
    """Whether the error is a panic of the engine. Each extension has its own panic type, so it is told by name."""
    return type(error).__name__ == "PanicException"


class Shards:
    """The open shards of an index. Thread-safe.

    While a shard is open there are no sums of its files; they are written when it is closed. So a shard without sums is
    one whose process died, and the engine is first tried on it in a process of its own: it may panic there, or hang.
    """

    def __init__(self, folder: IndexFolder) -> None:
        self._folder = folder
        self._open: dict[str, EdgeShard] = {}
        self._lock = RLock()
        self._broken: list[EdgeShard] = []  # never freed: the engine may hang over what it panicked in

    def create(self, name: str, spec: CollectionSpec) -> None:
        """Create an empty shard; its folder must not exist yet."""
        path = self._folder.shard(name)
        path.mkdir(parents=True)
        self._open[name] = new_shard(path, spec)

    def get(self, name: str) -> EdgeShard:
        """The open shard. Raises UnknownCollection, CollectionDamaged, IndexUnavailable."""
        shard = self._open.get(name)
        if shard is not None:
            return shard
        with self._lock:
            if name in self._folder.damaged:
                raise CollectionDamaged(name, self._folder.damaged[name])
            if name not in self._folder.manifests:
                raise UnknownCollection(name)
            if name not in self._open:
                self._open[name] = self._load(name)
            return self._open[name]

    def reopen(self, name: str, config: EdgeConfig) -> None:
        """Open a shard that nobody else is using with other settings, which the engine keeps."""
        with self._lock:
            self.get(name)
            # Out first: if it can't be loaded, the next one who asks for it must not get a closed one.
            self._open.pop(name).close()
            self._open[name] = EdgeShard.load(str(self._folder.shard(name)), config)

    def panicked(self, name: str, error: BaseException) -> IndexUnavailable:
        """Close a shard in which the engine panicked, and test it in another process; returns the error to raise."""
        with self._lock:
            shard = self._open.pop(name, None)
            if shard is not None:
                self._broken.append(shard)
                with suppress(BaseException):
                    shard.close()
            reason = _test_in_process(self._folder.shard(name)) if name in self._folder.manifests else None
            if reason is not None:
                return self._set_aside(name, reason)
        return IndexUnavailable(f"the vector index failed: {_one_line(error)}")

    def drop(self, name: str) -> None:
        """Close a shard whose files are about to be deleted."""
        with self._lock:
            shard = self._open.pop(name, None)
            if shard is not None:
                shard.close()

    def close(self) -> None:
        """Close every shard, and write the checksums of its files."""
        with self._lock:
            for name, shard in self._open.items():
                try:
                    shard.close()
                    write_sums(self._folder.shard(name), self._folder.sums(name))
                except BaseException as error:
                    if not is_panic(error) and not isinstance(error, Exception):
                        raise
                    logger.warning("the collection %r was not closed properly: %s", name, _one_line(error))
            self._open.clear()

    def _load(self, name: str) -> EdgeShard:
        path, sums = self._folder.shard(name), self._folder.sums(name)
        reason = damage(path, sums)
        if reason is None:
            reason = _test_in_process(path)
        if reason:
            raise self._set_aside(name, reason)
        self._folder.forget_sums(name)
        try:
            return EdgeShard.load(str(path))
        except BaseException as error:
            if not is_panic(error) and type(error) is not Exception:
                raise
            if not is_panic(error) and _is_transient(str(error)):
                raise IndexUnavailable(f"the vector index failed: {_one_line(error)}") from error
            raise self._set_aside(name, _one_line(error)) from error

    def _set_aside(self, name: str, reason: str) -> CollectionDamaged:
        place = self._folder.set_aside(name, reason)
        logger.error("the collection %r is damaged (%s); it was set aside in %s", name, reason, place)
        return CollectionDamaged(name, reason)


def _test_in_process(path: Path) -> str | None:
    """Open the shard in another process; returns why that failed, or None.

    Raises IndexUnavailable for transient reasons.
    """
    if not sys.executable:
        return None
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) if path.is_dir() else 0
    seconds = _TRIAL_SECONDS + size / _TRIAL_BYTES_PER_SECOND
    try:
        tried = subprocess.run(
            [sys.executable, "-I", "-c", _TRIAL, str(path)],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"the engine did not open it within {seconds:.0f} seconds"
    if tried.returncode == 0:
        return None
    said = (tried.stderr.strip().splitlines() or [f"the engine ended with code {tried.returncode}"])[-1][:300]
    if _is_transient(said):
        raise IndexUnavailable(f"the vector index failed: {said}")
    return said


def _is_transient(message: str) -> bool:
    return any(int(number) in _TRANSIENT for number in _OS_ERROR.findall(message))


def _one_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]

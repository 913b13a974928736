"""A cache of item vectors, so that the engine is not asked twice."""

import threading
from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pharos.indexing.index import ABSENT, FloatArray

_MOST_BYTES: Final = 256_000_000
_FIRST_ROWS: Final = 1024
_UNKNOWN: Final = -1

Reading: TypeAlias = Callable[[NDArray[np.int64]], tuple[NDArray[np.int64], FloatArray]]
"""Reads vectors: of the items with distinct numbers, int64 [n], those that have one, int64 [m], and float32 [m, d]."""


class KnownVectors:
    """The cached vectors of one name in one collection, for an index that sees every write. Thread-safe.

    To fill the cache, a reader takes the `moment`, reads from the engine, and calls `learn`, which ignores the
    vectors if anything was written since: they may be outdated. Cached rows are never overwritten, so that a reader
    that found one can read it later. A cache that is too large is cleared.
    """

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._rows: NDArray[np.int64] = np.full(_FIRST_ROWS, -1, np.int64)  # by the item's number; -1: not known
        self._vectors: FloatArray | None = None
        self._used = 0
        self._writes = 0
        self._lock = threading.Lock()

    @property
    def moment(self) -> int:
        """The count of writes so far."""
        return self._writes

    def of(self, items: NDArray[np.int64]) -> tuple[FloatArray, NDArray[np.bool_]]:
        """The vectors of n items, float32 [n, d], and a mask of the cached ones, bool [n]; other rows are undefined.

        items: int64 [n], their numbers (`ItemNumbers`).
        """
        with self._lock:
            rows, vectors = self._rows, self._vectors
            if vectors is None:
                return np.zeros((len(items), 0), np.float32), np.zeros(len(items), bool)
            found = rows.take(items, mode="clip")
        known = (found >= 0) & (items < len(rows))
        return vectors.take(found, axis=0, mode="clip"), known

    def filled(self, items: NDArray[np.int64], read: Reading) -> tuple[FloatArray, NDArray[np.bool_]]:
        """The vectors of those of n items that have one, float32 [m, d], and which these are, bool [n].

        items: int64 [n], also the same one repeatedly. What is not cached is read and cached.
        """
        moment = self.moment
        vectors, present = self.of(items)
        if present.all():
            return vectors, present
        numbers, rows = read(np.unique(items[~present]))
        self.learn(moment, numbers, rows)
        return _completed(items, vectors, present, numbers, rows)

    def learn(self, moment: int, items: NDArray[np.int64], vectors: FloatArray) -> None:
        """Cache vectors that were read after `moment`. items: int64 [n], distinct; vectors: float32 [n, d]."""
        with self._lock:
            if moment != self._writes or not len(items):
                return
            self._make_room(items, vectors)
            if self._vectors is None:
                return
            rows = np.arange(self._used, self._used + len(items))
            self._vectors[rows] = vectors
            self._rows[items] = rows
            self._used += len(items)

    def written(self, items: NDArray[np.int64]) -> None:
        """Invalidate items that were changed or deleted: called after each write, before it is acknowledged."""
        with self._lock:
            self._writes += 1
            self._rows[items[items < len(self._rows)]] = -1

    def _make_room(self, items: NDArray[np.int64], vectors: FloatArray) -> None:
        """Grow or compact both arrays; concurrent readers keep their old ones."""
        last = int(items.max())
        if last >= len(self._rows):
            grown = np.full(max(2 * len(self._rows), last + 1), -1, np.int64)
            grown[: len(self._rows)] = self._rows
            self._rows = grown
        if self._vectors is not None and self._used + len(items) <= len(self._vectors):
            return
        live = np.flatnonzero(self._rows >= 0)
        size = max(_FIRST_ROWS, 2 * (len(live) + len(items)))
        most = self._most_bytes // max(vectors[0].nbytes, 1)
        if len(live) + len(items) > most:
            live = live[:0]
        fresh = np.empty((min(size, max(most, 0)), vectors.shape[1]), np.float32)
        if len(live) and self._vectors is not None:
            fresh[: len(live)] = self._vectors[self._rows[live]]
        rows = np.full(len(self._rows), -1, np.int64)
        rows[live] = np.arange(len(live))
        self._rows, self._used = rows, len(live)
        self._vectors = fresh if len(items) <= len(fresh) - len(live) else None


class VersionedVectors:
    """The cached vectors of one name in one collection that others write to: valid for one version of a point each.

    A vector that is read after its version was told may be newer than it, which costs one more look-up later; it is
    never older. Thread-safe.
    """

    def __init__(self, length: int, most_bytes: int = _MOST_BYTES) -> None:
        """length: of the vectors."""
        self.length = length
        self._known = KnownVectors(most_bytes)
        self._versions: NDArray[np.int64] = np.full(_FIRST_ROWS, _UNKNOWN, np.int64)  # by the item's number
        self._lock = threading.Lock()

    def filled(
        self, items: NDArray[np.int64], versions: NDArray[np.int64], read: Reading
    ) -> tuple[FloatArray, NDArray[np.bool_]]:
        """As `KnownVectors.filled`. versions: int64 [n], those of the items' points, from 0."""
        with self._lock:
            vectors, present = self._known.of(items)
            present &= self._versions.take(items, mode="clip") == versions
        if present.all():
            return vectors, present
        numbers, first = np.unique(items[~present], return_index=True)
        told = versions[~present][first]
        found, rows = read(numbers)
        self.learn(found, told[np.searchsorted(numbers, found)], rows)
        return _completed(items, vectors, present, found, rows)

    def recalled(self, items: NDArray[np.int64]) -> tuple[FloatArray, NDArray[np.bool_], NDArray[np.int64]] | None:
        """What is cached of n items: rows float32 [m, d], those that have one, bool [n], and versions, int64 [n].

        None unless all of them are cached, as having a point or none.
        """
        with self._lock:
            vectors, present = self._known.of(items)
            versions = self._versions.take(items, mode="clip")
        versions[items >= len(self._versions)] = _UNKNOWN
        absent = versions == ABSENT
        if not (absent | (present & (versions != _UNKNOWN))).all():
            return None
        return vectors[~absent], ~absent, versions

    def learn(self, items: NDArray[np.int64], versions: NDArray[np.int64], vectors: FloatArray) -> None:
        """Cache vectors of the versions. items: int64 [n], distinct; vectors: float32 [n, d]."""
        if not len(items):
            return
        with self._lock:
            self._make_room(items)
            self._known.learn(self._known.moment, items, vectors)
            self._versions[items] = versions

    def learn_absent(self, items: NDArray[np.int64]) -> None:
        """Cache that the items have no point. items: int64 [n]."""
        if len(items):
            with self._lock:
                self._make_room(items)
                self._versions[items] = ABSENT

    def forget(self, items: NDArray[np.int64]) -> None:
        """Read the items again when they are next asked for. items: int64 [n]."""
        with self._lock:
            self._versions[items[items < len(self._versions)]] = _UNKNOWN

    def _make_room(self, items: NDArray[np.int64]) -> None:
        if items.max() >= len(self._versions):
            grown = np.full(max(2 * len(self._versions), int(items.max()) + 1), _UNKNOWN, np.int64)
            grown[: len(self._versions)] = self._versions
            self._versions = grown


def _completed(
    items: NDArray[np.int64],
    vectors: FloatArray,
    present: NDArray[np.bool_],
    numbers: NDArray[np.int64],
    rows: FloatArray,
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """What was cached, with what was read: rows float32 [m, d] of the items with these distinct numbers, int64 [m]."""
    if not len(numbers):
        return vectors[present], present
    whole = np.zeros((len(items), rows.shape[1]), np.float32)
    if present.any():
        whole[present] = vectors[present]
    order = np.argsort(numbers)
    place = np.minimum(np.searchsorted(numbers[order], items), len(numbers) - 1)
    fresh = ~present & (numbers[order][place] == items)
    whole[fresh] = rows[order[place[fresh]]]
    present = present | fresh
    return whole[present], present


class VectorMemory:
    """The cached vectors of all collections of an index."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, str], KnownVectors] = {}

    def of(self, collection: str, using: str) -> KnownVectors:
        """The cache of one vector name in one collection."""
        return self._kinds.setdefault((collection, using), KnownVectors())

    def written(self, collection: str, items: NDArray[np.int64]) -> None:
        """Invalidate items in all caches of a collection, see `KnownVectors.written`. items: int64 [n], numbers."""
        for (name, _), known in list(self._kinds.items()):
            if name == collection:
                known.written(items)

    def drop(self, collection: str) -> None:
        """Forget a collection."""
        for key in [key for key in self._kinds if key[0] == collection]:
            self._kinds.pop(key, None)

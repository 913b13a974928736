"""Vectors of points met before, so that an engine need not be asked for them again."""

import threading
from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Final
from uuid import UUID

from pharos.indexing.index import FloatArray

_MOST_BYTES: Final = 256_000_000
# The hash of a number is C's, that of a UUID is Python's: a request looks up a thousand.
_number: Final = attrgetter("int")


class KnownVectors:
    """One kind of vector of one collection, for an index that sees every write to it. Safe with threads.

    A reader takes a `moment`, asks the engine, and gives what it was told to `learn`: if anything was written since
    that moment it is not kept, for it may be what stood there before. Of too many, those learnt first are let go.
    """

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most_bytes, self._bytes = most_bytes, 0
        self._vectors: dict[int, FloatArray] = {}
        self._writes = 0
        self._lock = threading.Lock()

    @property
    def moment(self) -> int:
        """How many writes there were so far."""
        return self._writes

    def of(self, points: Iterable[UUID]) -> list[FloatArray | None]:
        """The vector of each point, None for one that is not known; nobody may change them."""
        return list(map(self._vectors.get, map(_number, points)))

    def learn(self, moment: int, vectors: Mapping[UUID, FloatArray]) -> None:
        """Keep what the engine told after `moment`."""
        with self._lock:
            if moment != self._writes:
                return
            for point, vector in vectors.items():
                if point.int not in self._vectors:
                    self._vectors[point.int] = vector
                    self._bytes += vector.nbytes
            while self._bytes > self._most_bytes:
                self._bytes -= self._vectors.pop(next(iter(self._vectors))).nbytes

    def written(self, points: Iterable[UUID]) -> None:
        """Forget points that were just changed or deleted: called after each write, before it is acknowledged."""
        with self._lock:
            self._writes += 1
            for point in points:
                vector = self._vectors.pop(point.int, None)
                if vector is not None:
                    self._bytes -= vector.nbytes


class VectorMemory:
    """The known vectors of all collections of an index."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, str], KnownVectors] = {}

    def of(self, collection: str, using: str) -> KnownVectors:
        """Those of one name in one collection."""
        return self._kinds.setdefault((collection, using), KnownVectors())

    def written(self, collection: str, points: Iterable[UUID]) -> None:
        """Of every name: see `KnownVectors.written`."""
        changed = list(points)
        for (name, _), known in list(self._kinds.items()):
            if name == collection:
                known.written(changed)

    def drop(self, collection: str) -> None:
        """Forget a whole collection."""
        for key in [key for key in self._kinds if key[0] == collection]:
            self._kinds.pop(key, None)

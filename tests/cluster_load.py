"""Readers and a writer on a vector index, which keep what failed and what was acknowledged."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from pharos.indexing.errors import VectorIndexError
from pharos.indexing.index import CollectionSpec, FloatArray, Point, VectorIndex
from pharos.indexing.patience import patience
from pharos.indexing.payload import PayloadType

DIMENSIONS = 64
SPEC = CollectionSpec({"tower": DIMENSIONS}, {"available": PayloadType.BOOLEAN}, "load")
_REQUEST_SECONDS = 1.5
_PAUSE_SECONDS = 0.005


@dataclass
class Load:
    """What a load has seen. reads, writes: seconds of each that succeeded; acknowledged: ids of the items written."""

    reads: list[float] = field(default_factory=list)
    writes: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)

    def take(self) -> "Load":
        """What was seen until now; counting begins anew, but for what was acknowledged."""
        seen = Load(self.reads, self.writes, self.failures, list(self.acknowledged))
        self.reads, self.writes, self.failures = [], [], []
        return seen


def vectors(count: int, seed: int = 0) -> FloatArray:
    """Random directions: float32 [count, DIMENSIONS]."""
    drawn = np.random.default_rng(seed).normal(size=(count, DIMENSIONS))
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), np.float32)


def filled(index: VectorIndex, collection: str, items: int) -> str:
    """Create a collection with so many items; returns its name."""
    index.create(collection, SPEC)
    index.upsert(collection, [_point(f"i{row}", vector) for row, vector in enumerate(vectors(items))])
    return collection


class Running:
    """A context in which `readers` threads search an alias as requests do, and one writes new items to a collection."""

    def __init__(self, index: VectorIndex, alias: str, collection: str, readers: int = 2) -> None:
        self.seen = Load()
        self._index, self._alias, self._collection = index, alias, collection
        self._stopped = threading.Event()
        work = [self._read] * readers + [self._write]
        self._threads = [threading.Thread(target=self._repeat, args=(one, number)) for number, one in enumerate(work)]

    def __enter__(self) -> "Running":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _repeat(self, work: Callable[[FloatArray, str], None], number: int) -> None:
        asked = vectors(1000, seed=number)
        turn = 0
        while not self._stopped.is_set():
            turn += 1
            try:
                work(asked[turn % len(asked)], f"w{turn}")
            except (VectorIndexError, AssertionError) as error:
                self.seen.failures.append(f"{work.__name__}: {error!r}")

    def _read(self, vector: FloatArray, _: str) -> None:
        started = time.perf_counter()
        with patience(_REQUEST_SECONDS):
            # One collection throughout: a search is two calls, and the alias may move between them.
            collection = self._index.resolve(self._alias)
            found = self._index.search(collection or self._alias, vector, limit=10)
        assert len(found) == 10
        self.seen.reads.append(time.perf_counter() - started)

    def _write(self, vector: FloatArray, item: str) -> None:
        started = time.perf_counter()
        self._index.upsert(self._collection, [_point(item, vector)])
        self.seen.writes.append(time.perf_counter() - started)
        self.seen.acknowledged.append(item)
        self._stopped.wait(_PAUSE_SECONDS)


def _point(item: str, vector: FloatArray) -> Point:
    return Point(item, {"tower": vector}, {"available": True})

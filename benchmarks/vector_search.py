"""Search among made-up vectors on each engine: recall against an exact search, time, and what the collection takes.

    python -m benchmarks.vector_search [--items 100000] [embedded server scalar binary]

Items lie in clusters, as the vectors of towers and texts do: 64 and 384 numbers, and a field by which 1, 10 and 50 % of
the items pass a filter. The last three engines are a Qdrant server, with the setting qdrant_quantization. The 100 best
are asked for, and compared with those of NumPy.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.machine import disk_mb, peak_mb, resident_mb
from benchmarks.measurement import Bar, Measurement, Options, milliseconds, table
from pharos.indexing.conditions import Filter, Range
from pharos.indexing.embedded import QdrantEmbedded
from pharos.indexing.index import TEXT, TOWER, CollectionSpec, FloatArray, Point, VectorIndex
from pharos.indexing.payload import PayloadType
from pharos.indexing.server import QdrantServer
from pharos.indexing.server_points import Quantization
from tests.qdrant_binary import fetch
from tests.qdrant_process import QdrantProcess

ENGINES: Final = ("embedded", "server", "scalar", "binary")
LENGTHS: Final = {TOWER: 64, TEXT: 384}
ITEMS, QUERIES, BEST, BLOCK, UPLOAD = 100_000, 200, 100, 10_000, 2_000
RECALL, MILLISECONDS, OPENING_SECONDS = 0.99, 10.0, 5.0
COLLECTION, FIELD = "made-up", "percent"
_ITEMS_A_CLUSTER: Final = 200
_SPREAD: Final = 1.0
FILTERS: Final = {
    "all": None,
    "50 %": Filter((Range(FIELD, lt=50),)),
    "10 %": Filter((Range(FIELD, lt=10),)),
    "1 %": Filter((Range(FIELD, lt=1),)),
}
_SHARES: Final = {"all": 100, "50 %": 50, "10 %": 10, "1 %": 1}


@dataclass(frozen=True)
class Block:
    """Some items. percent: int [n], uniform from 0 to 99."""

    first: int
    vectors: dict[str, FloatArray]
    percent: np.ndarray


class World:
    """Items in blocks, the same for every engine, and queries that lie near items as those of people do."""

    def __init__(self, items: int, seed: int = 0) -> None:
        self.items, self._seed = items, seed
        random = np.random.default_rng([seed, 0])
        clusters = max(items // _ITEMS_A_CLUSTER, 10)
        self._centres = {name: _unit(random.normal(size=(clusters, size))) for name, size in LENGTHS.items()}
        self.queries = {name: self._near(random, name, QUERIES) for name in LENGTHS}

    def blocks(self) -> Iterator[Block]:
        """All items."""
        for number, first in enumerate(range(0, self.items, BLOCK), 1):
            random, count = np.random.default_rng([self._seed, number]), min(BLOCK, self.items - first)
            vectors = {name: self._near(random, name, count) for name in LENGTHS}
            yield Block(first, vectors, random.integers(100, size=count))

    def _near(self, random: np.random.Generator, name: str, count: int) -> FloatArray:
        centres = self._centres[name]
        # Some clusters are large and many are small.
        chosen = (random.random(count) ** 2 * len(centres)).astype(int)
        noise = random.normal(size=(count, centres.shape[1])) * _SPREAD / np.sqrt(centres.shape[1])
        return _unit(centres[chosen] + noise)


@dataclass
class Exact:
    """The best items of each query by NumPy, as blocks pass by."""

    queries: FloatArray
    least: int
    scores: FloatArray = field(default_factory=lambda: np.zeros((QUERIES, 0), np.float32))
    items: np.ndarray = field(default_factory=lambda: np.zeros((QUERIES, 0), int))

    def add(self, block: Block, vectors: FloatArray) -> None:
        """Items of one more block."""
        passes = np.flatnonzero(block.percent < self.least)
        scores = np.hstack([self.scores, self.queries @ vectors[passes].T])
        items = np.hstack([self.items, np.broadcast_to(block.first + passes, (QUERIES, len(passes)))])
        best = np.argpartition(-scores, min(BEST, scores.shape[1] - 1), axis=1)[:, :BEST]
        self.scores, self.items = np.take_along_axis(scores, best, 1), np.take_along_axis(items, best, 1)


@dataclass
class Engine:
    """An engine that runs. reopen: closes and opens it, where that is ours to do. memory, disk: in MB."""

    index: VectorIndex
    memory: Callable[[], float]
    disk: Callable[[], float]
    reopen: Callable[[], VectorIndex] | None = None


def main() -> None:
    """Measure the engines named, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("engines", nargs="*", help=f"of {', '.join(ENGINES)}; all by default")
    parser.add_argument("--items", type=int, default=ITEMS)
    given = parser.parse_args()
    if unknown := set(given.engines) - set(ENGINES):
        parser.error(f"there is no engine {sorted(unknown)[0]!r}; there are {', '.join(ENGINES)}")
    for name in given.engines or ENGINES:
        print(table([("vector_search", one) for one in measure_on(name, given.items)]), flush=True)


def measure(options: Options) -> list[Measurement]:
    """Every engine, with 100,000 items at least."""
    items = max(options.size.items, ITEMS)
    return [one for name in ENGINES for one in measure_on(name, items)]


def measure_on(name: str, items: int) -> list[Measurement]:
    """Upload, optimise, search and open again on one engine."""
    world, label = World(items), f"{name}, {items:,} items"
    with tempfile.TemporaryDirectory() as folder, _engine(name, Path(folder)) as engine:
        exact, seconds = _upload(world, engine.index)
        started = time.perf_counter()
        engine.index.optimize(COLLECTION)
        optimizing = time.perf_counter() - started
        engine.index.switch("live", COLLECTION)  # what never was live is dropped when an index is opened
        found = [
            Measurement.of(f"{label}: upload", "items/s", [items / seconds], higher_is_better=True),
            Measurement.of(f"{label}: upload and optimise", "s", [seconds + optimizing]),
            *_opened(engine, label),
            *(one for vector in LENGTHS for one in _searches(engine.index, world, exact[vector], vector, label)),
            Measurement.of(f"{label}: memory", "MB", [engine.memory()], note=_memory_note(name)),
            Measurement.of(f"{label}: disk", "MB", [engine.disk()]),
        ]
    return found


def _memory_note(name: str) -> str:
    whole = (
        "of this process with all its libraries, at its highest" if name == "embedded" else "resident, of the server"
    )
    return f"{whole}; what it maps of files counts"


def _upload(world: World, index: VectorIndex) -> tuple[dict[str, dict[str, Exact]], float]:
    """The exact results by vector and filter, and the seconds of the upload alone."""
    exact = {name: {share: Exact(world.queries[name], least) for share, least in _SHARES.items()} for name in LENGTHS}
    index.create(COLLECTION, CollectionSpec(LENGTHS, {FIELD: PayloadType.FLOAT}, "none"))
    seconds = 0.0
    for block in world.blocks():
        points = [
            Point(
                f"i{block.first + row}",
                {name: vectors[row] for name, vectors in block.vectors.items()},
                {FIELD: float(block.percent[row])},
            )
            for row in range(len(block.percent))
        ]
        started = time.perf_counter()
        for first in range(0, len(points), UPLOAD):
            index.upsert(COLLECTION, points[first : first + UPLOAD])
        seconds += time.perf_counter() - started
        for name, vectors in block.vectors.items():
            for one in exact[name].values():
                one.add(block, vectors)
    return exact, seconds


def _opened(engine: Engine, label: str) -> list[Measurement]:
    if engine.reopen is None:
        return []
    started = time.perf_counter()
    engine.reopen().count(COLLECTION)
    bar = Bar(of="median", limit=OPENING_SECONDS)
    return [Measurement.of(f"{label}: opening", "s", [time.perf_counter() - started], bar=bar)]


def _searches(
    index: VectorIndex, world: World, exact: dict[str, Exact], vector: str, label: str
) -> Iterator[Measurement]:
    """Recall and time of one vector, for each filter."""
    queries = world.queries[vector]
    for share, filter in FILTERS.items():
        found = list[set[str]]()

        def ask(number: int, filter: Filter | None = filter, found: list[set[str]] = found) -> None:
            query = queries[number % QUERIES]
            hits = index.search(COLLECTION, query, using=vector, limit=BEST, filter=filter, with_payload=False)
            found.append({hit.item_id for hit in hits})

        taken = milliseconds(ask, QUERIES, warm_up=QUERIES)
        wanted = [{f"i{item}" for item in row} for row in exact[share].items.tolist()]
        recall = [len(asked & right) / len(right) for asked, right in zip(found[QUERIES:], wanted, strict=True)]
        what = f"{label}: {vector}, {share}"
        mean = [float(np.mean(recall))]
        yield Measurement.of(
            f"{what}: recall@{BEST}", "", mean, higher_is_better=True, bar=Bar(of="median", limit=RECALL)
        )
        yield Measurement.of(f"{what}: search", "ms", taken, bar=Bar(of="p95", limit=MILLISECONDS))


@contextmanager
def _engine(name: str, folder: Path) -> Iterator[Engine]:
    if name == "embedded":
        with _embedded(folder) as engine:
            yield engine
        return
    process = QdrantProcess(fetch())
    try:
        process.start()
        quantization = Quantization.NONE if name == "server" else Quantization(name)
        index = QdrantServer(process.url, quantization=quantization, timeout=60, write_timeout=300)
        running = process._process
        assert running is not None
        yield Engine(index, lambda: resident_mb(running.pid), lambda: disk_mb(process._folder / "storage"))
        index.close()
    finally:
        process.remove()


@contextmanager
def _embedded(folder: Path) -> Iterator[Engine]:
    opened = [QdrantEmbedded(folder / "index")]

    def reopen() -> VectorIndex:
        engine.index.close()
        opened.append(QdrantEmbedded(folder / "index"))
        engine.index = opened[-1]
        return opened[-1]

    engine = Engine(opened[0], peak_mb, lambda: disk_mb(folder), reopen)
    try:
        yield engine
    finally:
        opened[-1].close()


def _unit(vectors: np.ndarray) -> FloatArray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / lengths).astype(np.float32)


if __name__ == "__main__":
    main()

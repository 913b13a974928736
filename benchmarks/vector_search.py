"""Search among made-up vectors on each engine: recall against an exact search, time, and what the collection takes.

    python -m benchmarks.vector_search [--items 100000] [embedded server scalar binary]

Items lie in clusters, as the vectors of towers and texts do: 64 and 384 numbers, and a field by which 1, 10 and 50 % of
the items pass a filter. The last three are a Qdrant server with each value of the setting qdrant_quantization: items
are uploaded for the first of them, and the collection is changed for the others. The 100 best are asked for, and
compared with those of NumPy.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final, TypeAlias

import numpy as np

from benchmarks.measurement import Bar, Measurement, Options, milliseconds, table
from benchmarks.vector_engines import Engine, embedded, server
from pharos.indexing.conditions import Filter, Range
from pharos.indexing.index import TEXT, TOWER, CollectionSpec, FloatArray, Point, VectorIndex
from pharos.indexing.payload import PayloadType
from pharos.indexing.server_points import Quantization

_SETTINGS: Final = {"server": Quantization.NONE, "scalar": Quantization.SCALAR, "binary": Quantization.BINARY}
ENGINES: Final = ("embedded", *_SETTINGS)
LENGTHS: Final = {TOWER: 64, TEXT: 384}
ITEMS, QUERIES, BEST, BLOCK, UPLOAD = 100_000, 200, 100, 10_000, 2_000
RECALL, MILLISECONDS, OPENING_SECONDS = 0.99, 10.0, 5.0
COLLECTION, FIELD = "made-up", "percent"
SPEC: Final = CollectionSpec(LENGTHS, {FIELD: PayloadType.FLOAT}, "none")
_BEGINNING_SECONDS: Final = 2.0
"""A server begins to optimise a moment after it is told to, and seems done until then."""
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


Results: TypeAlias = dict[str, dict[str, Exact]]
"""By vector and filter."""


def main() -> None:
    """Measure the engines named, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("engines", nargs="*", help=f"of {', '.join(ENGINES)}; all by default")
    parser.add_argument("--items", type=int, default=ITEMS)
    given = parser.parse_args()
    if unknown := set(given.engines) - set(ENGINES):
        parser.error(f"there is no engine {sorted(unknown)[0]!r}; there are {', '.join(ENGINES)}")
    for found in _measured(given.engines or ENGINES, given.items):
        print(table([("vector_search", one) for one in found]), flush=True)


def measure(options: Options) -> list[Measurement]:
    """Every engine, with 100,000 items at least."""
    items = max(options.size.items, ITEMS)
    return [one for found in _measured(ENGINES, items) for one in found]


def _measured(engines: Sequence[str], items: int) -> Iterator[list[Measurement]]:
    """What is found of each engine in turn."""
    for is_embedded, names in groupby(engines, key="embedded".__eq__):
        yield from _on_embedded(items) if is_embedded else _on_server([_SETTINGS[name] for name in names], items)


def _on_embedded(items: int) -> Iterator[list[Measurement]]:
    world, label = World(items), f"embedded, {items:,} items"
    with embedded() as engine:
        exact, uploading = _filled(engine, world, label)
        opening = _opened(engine, label, Bar(of="median", limit=OPENING_SECONDS))
        yield [*uploading, opening, *_asked(engine, world, exact, label)]


def _on_server(settings: Sequence[Quantization], items: int) -> Iterator[list[Measurement]]:
    """One upload for all settings."""
    world, first = World(items), settings[0]
    with server(first) as engine:
        exact, found = _filled(engine, world, _label(first, items))
        for setting in settings:
            label = _label(setting, items)
            if setting is not first:
                found = [_quantized(engine, setting, label)]
            # Without what uploading left in its memory.
            yield [*found, _opened(engine, label), *_asked(engine, world, exact, label)]


def _label(setting: Quantization, items: int) -> str:
    name = "server" if setting is Quantization.NONE else f"server, {setting}"
    return f"{name}, {items:,} items"


def _filled(engine: Engine, world: World, label: str) -> tuple[Results, list[Measurement]]:
    """Upload and optimise all items."""
    exact, seconds = _upload(world, engine.index)
    optimizing = _optimized(engine)
    engine.index.switch("live", COLLECTION)  # what never was live is dropped when an index is opened
    return exact, [
        Measurement.of(f"{label}: upload", "items/s", [world.items / seconds], higher_is_better=True),
        Measurement.of(f"{label}: upload and optimise", "s", [seconds + optimizing]),
    ]


def _optimized(engine: Engine) -> float:
    """The seconds that it took."""
    started = time.perf_counter()
    time.sleep(_BEGINNING_SECONDS)
    engine.index.optimize(COLLECTION)
    return time.perf_counter() - started


def _quantized(engine: Engine, setting: Quantization, label: str) -> Measurement:
    assert engine.quantize is not None, "only a server has the setting"
    engine.quantize(COLLECTION, SPEC, setting)
    return Measurement.of(f"{label}: change of the setting", "s", [_optimized(engine)])


def _opened(engine: Engine, label: str, bar: Bar | None = None) -> Measurement:
    started = time.perf_counter()
    engine.reopen()
    engine.index.count(COLLECTION)
    return Measurement.of(f"{label}: opening", "s", [time.perf_counter() - started], bar=bar)


def _asked(engine: Engine, world: World, exact: Results, label: str) -> Iterator[Measurement]:
    """Searches by both vectors, and what the collection takes after them."""
    for vector in LENGTHS:
        yield from _searches(engine.index, world, exact[vector], vector, label)
    for what, megabytes in engine.memory().items():
        yield Measurement.of(f"{label}: {what}", "MB", [megabytes])
    yield Measurement.of(f"{label}: disk", "MB", [engine.disk()])


def _upload(world: World, index: VectorIndex) -> tuple[Results, float]:
    """The exact results by vector and filter, and the seconds of the upload alone."""
    exact = {name: {share: Exact(world.queries[name], least) for share, least in _SHARES.items()} for name in LENGTHS}
    index.create(COLLECTION, SPEC)
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


def _unit(vectors: np.ndarray) -> FloatArray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / lengths).astype(np.float32)


if __name__ == "__main__":
    main()

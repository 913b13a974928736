"""What one item and one event cost on this machine: the figures that docs/scale.md multiplies.

Needs the Qdrant server of the tests: `python -m tests.qdrant_binary` fetches it. Options: the count of items (20,000).
"""

import resource
import sys
import time
from contextlib import closing

import numpy as np

from benchmarks.training_scale import dataset, microseconds_per_event
from pharos.indexing.index import CONTENT, NEIGHBOURS, TEXT, TOWER, CollectionSpec, Point
from pharos.indexing.payload import PayloadType
from pharos.indexing.server import QdrantServer
from pharos.indexing.sparse import SparseVector
from pharos.ingest.splits import chronological
from pharos.towers.retrieval.assembly import prepare
from pharos.towers.settings import TrainingSettings
from tests.qdrant_binary import fetch
from tests.qdrant_process import QdrantProcess

ITEMS, ENTRIES, SEARCHES, BATCH = 20_000, 100, 200, 1_000
KINDS = {"tower": (), "tower and text": (TEXT,), "all four vectors": (TEXT, NEIGHBOURS, CONTENT)}


def main() -> None:
    """Measure and print."""
    items = int(sys.argv[1]) if len(sys.argv) > 1 else ITEMS
    # First, while the peak of this process is still low.
    print(f"training, memory: {event_bytes():,.0f} bytes an event", flush=True)
    for kind, more in KINDS.items():
        print(f"Qdrant, {kind}: {in_qdrant(items, more)}", flush=True)
    for catalogue in (10_000, 200_000):
        microseconds = microseconds_per_event(catalogue)
        print(f"training, {catalogue:,} items: {microseconds:.1f} µs an event and epoch", flush=True)


def in_qdrant(items: int, more: tuple[str, ...]) -> str:
    """Bytes on disk and in memory and seconds for each item, and milliseconds of a search; for people."""
    server, rng = QdrantProcess(fetch()), np.random.default_rng(0)
    try:
        server.start()
        empty = server.memory()
        with closing(QdrantServer(server.url)) as index:
            vectors = {TOWER: 64, **({TEXT: 384} if TEXT in more else {})}
            sparse = tuple(name for name in (NEIGHBOURS, CONTENT) if name in more)
            index.create("unit", CollectionSpec(vectors, {"available": PayloadType.BOOLEAN}, "unit", sparse=sparse))
            written = 0.0
            for first in range(0, items, BATCH):
                points = [_point(rng, number, items, vectors, sparse) for number in range(first, first + BATCH)]
                started = time.perf_counter()
                index.upsert("unit", points)
                written += time.perf_counter() - started
            started = time.perf_counter()
            index.optimize("unit")
            optimized = time.perf_counter() - started
            asked = rng.normal(size=(SEARCHES, 64)).astype(np.float32)
            index.search("unit", asked[0], limit=200)
            taken = []
            for vector in asked:
                started = time.perf_counter()
                index.search("unit", vector, limit=200)
                taken.append(time.perf_counter() - started)
        disk = sum(file.stat().st_blocks * 512 for file in server.storage.rglob("*") if file.is_file())
        return (
            f"{disk / items:,.0f} bytes of disk and {(server.memory() - empty) / items:,.0f} of memory an item; "
            f"{1e6 * written / items:.0f} µs to write, {1e6 * optimized / items:.0f} µs to optimize; "
            f"a search for 200 takes {1e3 * float(np.median(taken)):.1f} ms"
        )
    finally:
        server.remove()


def event_bytes() -> float:
    """The growth of this process per event, from an empty heap to prepared training data."""
    before = _peak()
    data = dataset(10_000)
    prepare(data, chronological(data.interactions).train, TrainingSettings(text_model=""), None)
    return (_peak() - before) / len(data.interactions)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _point(
    rng: np.random.Generator, number: int, items: int, vectors: dict[str, int], sparse: tuple[str, ...]
) -> Point:
    dense = {}
    for name, length in vectors.items():
        drawn = rng.normal(size=length)
        dense[name] = np.asarray(drawn / np.linalg.norm(drawn), np.float32)
    entries = {
        name: SparseVector(
            np.sort(rng.choice(items, ENTRIES, replace=False)).astype(np.int64), rng.random(ENTRIES, np.float32)
        )
        for name in sparse
    }
    payload = {"available": True, "title": f"Item {number}", "genres": ["a", "b"], "year": 2000.0}
    return Point(f"i{number}", dense, payload, entries)


if __name__ == "__main__":
    main()

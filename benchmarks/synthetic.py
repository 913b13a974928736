"""A made-up data set of any size, streamed to Parquet in blocks, with a structure that can be learnt.

    python -m benchmarks.synthetic OUT [--size 1m] [--items 1000000 --users 1000000 --events 100000000] [--seed 0]

Items lie in clusters: each has a vector near that of its cluster, a genre of its cluster, labels and a year. How often
an item is chosen falls with its place as a power law does (Zipf). Each person has a planted taste, a few clusters with
shares, and chooses from these; a tenth of the choices come from anywhere. The same seed gives the same bytes, and a
block depends on the seed and its number alone. Memory does not grow with the events.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq
from numpy.typing import NDArray

from benchmarks.machine import disk_mb, peak_mb
from benchmarks.measurement import SIZES, Bar, Measurement, Options, Size, table
from pharos.cli.progress import Lines
from pharos.towers.progress import Progress, Silent

BLOCK: Final = 1_000_000
_ITEM_BLOCK: Final = 100_000
_EXPONENT: Final = 0.9
_TASTES: Final = 3
_SHARES: Final = (0.6, 0.85, 1.0)
_ANYWHERE: Final = 0.1
_VECTOR: Final = 16
_LABELS: Final = 2_000
_FIRST_SECOND, _SECONDS = 1_600_000_000, 3 * 365 * 86_400
_TOML: Final = """\
[interactions]
file = "interactions.parquet"
user = "user_id"
item = "item_id"
rating = "rating"
timestamp = "timestamp"

[items]
file = "items.parquet"
id = "item_id"
title = "title"

[items.features]
year = "number"
genres = "tags"
labels = "tags"
looks = "vector"
"""


@dataclass(frozen=True)
class World:
    """What is made up. The arrays of the items take 24 bytes an item, those of the users 6 bytes a user."""

    size: Size
    seed: int = 0

    @property
    def clusters(self) -> int:
        """How many clusters there are: a hundred items each, a thousand at most."""
        return int(np.clip(self.size.items // 100, 5, 1000))

    def item_blocks(self) -> Iterator[pa.Table]:
        """The items, a block at a time."""
        centres = self._random(0).normal(size=(self.clusters, _VECTOR))
        cluster = self.cluster_of_items()
        for number, first in enumerate(range(0, self.size.items, _ITEM_BLOCK)):
            random, mine = self._random(1, number), cluster[first : first + _ITEM_BLOCK]
            labels = (random.zipf(1.3, size=(len(mine), 4)) - 1 + 7 * mine[:, None]) % _LABELS
            looks = (centres[mine] + random.normal(size=(len(mine), _VECTOR))).astype(np.float32)
            yield pa.table(
                {
                    "item_id": _names("i", np.arange(first, first + len(mine))),
                    "title": _names("Item ", np.arange(first, first + len(mine))),
                    "year": random.integers(1950, 2025, size=len(mine)).astype(np.float64),
                    "genres": pa.FixedSizeListArray.from_arrays(_names("g", mine), 1).cast(pa.list_(pa.string())),
                    "labels": pa.FixedSizeListArray.from_arrays(_names("l", labels.ravel()), 4).cast(
                        pa.list_(pa.string())
                    ),
                    "looks": pa.FixedSizeListArray.from_arrays(pa.array(looks.ravel()), _VECTOR).cast(
                        pa.list_(pa.float32())
                    ),
                }
            )

    def event_blocks(self, rows: int = BLOCK) -> Iterator[pa.Table]:
        """The events in the order of their times, a block at a time."""
        order, ends, begins = self._by_cluster()
        taste = self.tastes()
        for number, first in enumerate(range(0, self.size.events, rows)):
            count = min(rows, self.size.events - first)
            random = self._random(2, number)
            user = random.integers(self.size.users, size=count)
            chosen = taste[user, np.searchsorted(_SHARES, random.random(count), side="right")]
            anywhere = random.random(count) < _ANYWHERE
            low = np.where(anywhere, 0.0, begins[chosen])
            high = np.where(anywhere, ends[-1], begins[chosen + 1])
            place = np.searchsorted(ends, low + random.random(count) * (high - low), side="right")
            moments = np.sort(random.random(count)) * count + first
            liked = np.where(anywhere, 3.0, 4.0) + random.integers(-2, 2, size=count)
            yield pa.table(
                {
                    "user_id": _names("u", user),
                    "item_id": _names("i", order[np.minimum(place, self.size.items - 1)]),
                    "rating": liked.astype(np.float32),
                    "timestamp": (_FIRST_SECOND + moments / self.size.events * _SECONDS).astype(np.int64),
                }
            )

    def cluster_of_items(self) -> NDArray[np.int64]:
        """The cluster of each item."""
        return self._random(3).integers(self.clusters, size=self.size.items)

    def tastes(self) -> NDArray[np.int16]:
        """The clusters that each user likes, the first one most: int16 [users, 3]."""
        return self._random(4).integers(self.clusters, size=(self.size.users, _TASTES), dtype=np.int16)

    def _by_cluster(self) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """The items sorted by cluster, the sums of their weights up to each, and the sum before each cluster."""
        cluster = self.cluster_of_items()
        order = np.argsort(cluster, kind="stable")
        rank = self._random(5).permutation(self.size.items) + 1.0
        ends = np.cumsum(rank[order] ** -_EXPONENT)
        starts = np.searchsorted(cluster[order], np.arange(self.clusters + 1))
        return order, ends, np.concatenate([[0.0], ends])[starts]

    def _random(self, *parts: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, *parts])


def write(world: World, folder: Path, progress: Progress | None = None) -> None:
    """Write a data set folder: dataset.toml, items.parquet and interactions.parquet, a row group for each block."""
    folder.mkdir(parents=True, exist_ok=True)
    shown = progress or Silent()
    for name, blocks, rows in (
        ("items", world.item_blocks(), world.size.items),
        ("interactions", world.event_blocks(), world.size.events),
    ):
        with shown.task(f"Writing {name}", rows) as task:
            _stream(blocks, folder / f"{name}.parquet", task.advance)
    (folder / "dataset.toml").write_text(_TOML, "utf-8")


def measure(options: Options) -> list[Measurement]:
    """How many events a second are written, and the highest memory of the process meanwhile."""
    world = World(options.size)
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        write(world, Path(folder) / "data", Lines())
        seconds = time.perf_counter() - started
        size = disk_mb(Path(folder))
    name = f"made-up data, {world.size.items:,} items, {world.size.events:,} events"
    return [
        Measurement.of(f"{name}: writing", "events/s", [world.size.events / seconds], higher_is_better=True),
        Measurement.of(f"{name}: memory", "MB", [peak_mb()], bar=Bar(of="median", limit=1024.0)),
        Measurement.of(f"{name}: on the disk", "MB", [size]),
    ]


def main() -> None:
    """Write a data set, or measure where no folder is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", nargs="?", type=Path, help="the folder to write; without one, only measure")
    parser.add_argument("--size", choices=SIZES, default="10k")
    for name in ("items", "users", "events", "seed"):
        parser.add_argument(f"--{name}", type=int)
    given = parser.parse_args()
    usual = SIZES[given.size]
    size = Size(given.items or usual.items, given.users or usual.users, given.events or usual.events)
    if given.out is None:
        print(table([("synthetic", one) for one in measure(Options(size))]))
        return
    write(World(size, given.seed or 0), given.out, Lines())
    print(f"{given.out}: {disk_mb(given.out):,.0f} MB, at most {peak_mb():,.0f} MB of memory")


def _stream(blocks: Iterator[pa.Table], file: Path, done: Callable[[int], None]) -> None:
    writer: pq.ParquetWriter | None = None
    try:
        for block in blocks:
            writer = writer or pq.ParquetWriter(file, block.schema, compression="zstd")
            writer.write_table(block)
            done(block.num_rows)
    finally:
        if writer is not None:
            writer.close()


def _names(prefix: str, numbers: NDArray[Any]) -> pa.Array:
    return pa.compute.binary_join_element_wise(prefix, pa.array(numbers).cast(pa.string()), "")


if __name__ == "__main__":
    main()

"""Time and memory of the item-to-item neighbours as events and items grow.

    python -m benchmarks.neighbours_scale [--sizes 10000x1000000,100000x10000000]

Made-up histories of a hundred events, the popular items more often. Both that serve are made: the weights of the
candidate source and the tables of the ranking model. Each size runs in a process of its own, whose highest memory is
told beside what the events themselves take in it.
"""

import argparse
import subprocess
import sys
import time
from typing import Final

import numpy as np

from benchmarks.machine import peak_mb
from pharos.towers.histories.sequences import Sequences
from pharos.towers.neighbours.cooccurrence import Cooccurrence
from pharos.towers.neighbours.settings import NeighbourSettings
from pharos.towers.neighbours.weights import NeighbourPairs

_SIZES: Final = "10000x1000000,100000x1000000,100000x10000000"
_HISTORY: Final = 100
_STEEPNESS: Final = 3.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default=_SIZES, help="items x events, with commas")
    parser.add_argument("--one", help=argparse.SUPPRESS)  # a single size, in its own process
    given = parser.parse_args()
    if given.one:
        _measure(*_size(given.one))
        return
    print(f"{'items':>10} {'events':>12} {'seconds':>8} {'µs an event':>12} {'events, MB':>11} {'highest, MB':>12}")
    for size in given.sizes.split(","):
        subprocess.run([sys.executable, "-m", "benchmarks.neighbours_scale", "--one", size], check=True)


def _size(text: str) -> tuple[int, int]:
    items, _, events = text.partition("x")
    return int(items), int(events)


def _measure(items: int, events: int) -> None:
    sequences = _histories(items, events)
    begun, started = peak_mb(), time.perf_counter()
    counted = NeighbourPairs.of(sequences, items)
    neighbours = counted.neighbours(NeighbourSettings())
    together, following = Cooccurrence.of(counted.pairs)
    seconds = time.perf_counter() - started
    assert neighbours.weights.nnz and len(together.items) and len(following.items)
    each = 1e6 * seconds / events
    print(f"{items:>10,} {events:>12,} {seconds:>8,.0f} {each:>12.1f} {begun:>11,.0f} {peak_mb():>12,.0f}", flush=True)


def _histories(items: int, events: int) -> Sequences:
    """Histories of `_HISTORY` events each. An item's popularity falls as a power of its rank."""
    random = np.random.default_rng(0)
    chosen = (items * random.random(events, dtype=np.float32) ** np.float32(_STEEPNESS)).astype(np.int32)
    # The popular ones are anywhere in the catalogue.
    places = random.permutation(items).astype(np.int32)
    unknown = np.full(events, np.nan)
    offsets = np.append(np.arange(0, events, _HISTORY), events).astype(np.int64)
    users = [f"u{number}" for number in range(len(offsets) - 1)]
    return Sequences(places[np.minimum(chosen, items - 1)], unknown, unknown, offsets, users)


if __name__ == "__main__":
    main()

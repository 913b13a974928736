"""How long the ranker takes to score 500 candidates of one person, on one core, in the process.

The floor of the same run is the one product of vectors that any model over the same history must make.
"""

import os

# Before numpy and TensorFlow wake up: one core.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ[name] = "1"

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.catalogues import catalogue
from pharos.cli.progress import Lines
from pharos.ingest.dataset import Dataset
from pharos.towers.bundle.bundle import Bundle
from pharos.towers.histories.histories import Histories
from pharos.towers.ranking.features import Retrieved
from pharos.towers.ranking.ranker import rows_of
from pharos.towers.settings import TrainingSettings
from pharos.towers.sources.merging import SOURCES
from pharos.training import train

ITEMS, USERS, EVENTS, CANDIDATES, REQUESTS, WARM_UP = 10_000, 1_000, 150_000, 500, 1_000, 50
TRAINING = TrainingSettings(max_epochs=2, text_model="")


def main() -> None:
    """Train, score, print."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as folder:
        dataset = catalogue(ITEMS, USERS, EVENTS)
        path = Path(folder)
        trained = train(dataset, TRAINING, bundles=path / "bundles", text_cache=path / "texts", progress=Lines())
        measure(Bundle.load(trained.bundle.path), dataset)


def measure(bundle: Bundle, dataset: Dataset) -> None:
    """Print the median of scoring, and of the floor, over many people."""
    ranker = bundle.ranker
    assert ranker is not None, "nothing was learnt to rank by"
    items = bundle.encode_items(dataset.items).tower
    people = [f"u{number}" for number in range(USERS)]
    queries = Histories(dataset, dataset.interactions).queries(people, items)
    vectors = bundle.encode_users(queries)
    training_rows = rows_of(ranker.spec, dataset.items["item_id"].tolist())
    score = np.linspace(1, 0, CANDIDATES, dtype=np.float32)
    retrieved = Retrieved(score, np.stack([score] * SOURCES, axis=1))
    draws = np.random.default_rng(0).integers(ITEMS, size=(REQUESTS + WARM_UP, CANDIDATES))

    def rank(number: int) -> None:
        rows = draws[number]
        person = ranker.query(queries[number % USERS], vectors[number % USERS])
        assert len(ranker.score(person, training_rows[rows], items[rows], retrieved)) == CANDIDATES

    def product(number: int) -> None:
        assert (items[draws[number]] @ queries[number % USERS].history_vectors.T).shape[0] == CANDIDATES

    scoring, floor = milliseconds(rank), milliseconds(product)
    history = np.median([len(query.history) for query in queries])
    print(f"{CANDIDATES} candidates, {history:.0f} past events (median), one core, {REQUESTS:,} requests")
    print(f"ranking  median {np.median(scoring):6.2f} ms   95 % {np.percentile(scoring, 95):6.2f} ms")
    print(f"floor    median {np.median(floor):6.2f} ms   ratio of medians {np.median(scoring) / np.median(floor):.1f}")


def milliseconds(act: Callable[[int], None]) -> list[float]:
    """Of each of REQUESTS calls, after a warm-up."""
    times = []
    for number in range(WARM_UP + REQUESTS):
        start = time.perf_counter()
        act(number)
        times.append((time.perf_counter() - start) * 1000)
    return times[WARM_UP:]


if __name__ == "__main__":
    main()

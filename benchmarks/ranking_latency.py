"""How long the ranker takes to score 500 candidates of one person, on one core, in the process.

The floor of the same run is the one product of vectors that any model over the same history must make.
"""

import os
import tempfile
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from benchmarks.catalogues import catalogue
from benchmarks.measurement import Measurement, Options, in_turns, table
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
    """Measure and print."""
    print(table([("ranking_latency", one) for one in measure(Options())]))


def measure(_options: Options) -> list[Measurement]:
    """Train, then score on one core."""
    with tempfile.TemporaryDirectory() as folder:
        dataset = catalogue(ITEMS, USERS, EVENTS)
        path = Path(folder)
        trained = train(dataset, TRAINING, bundles=path / "bundles", text_cache=path / "texts", progress=Lines())
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        with threadpool_limits(1):
            return [scoring(Bundle.load(trained.bundle.path), dataset)]


def scoring(bundle: Bundle, dataset: Dataset) -> Measurement:
    """The time of scoring, beside that of the floor, over many people."""
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

    ours, floor = in_turns(rank, product, REQUESTS, WARM_UP)
    history = np.median([len(query.history) for query in queries])
    note = f"{history:.0f} past events (median), one core"
    return Measurement.of(f"ranking of {CANDIDATES} candidates", "ms", ours, floor=floor, note=note)


if __name__ == "__main__":
    main()

"""How long one recommendation takes in the process, on the embedded engine, with 10,000 items.

The floor of the same run is what cannot be saved: the exact best of the same item vectors, by one product in numpy.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.catalogues import catalogue
from pharos.cli.progress import Lines
from pharos.indexing.index import TOWER
from pharos.serving.operations.reindex import reindex
from pharos.serving.parts import open_store
from pharos.serving.pipeline import Person, Selection
from pharos.serving.service import Service, open_service
from pharos.serving.settings import Settings
from pharos.towers.settings import TrainingSettings
from pharos.training import train

ITEMS, USERS, EVENTS, REQUESTS, WARM_UP = 10_000, 1_000, 60_000, 1_000, 50
TRAINING = TrainingSettings(max_epochs=2, text_model="")


def main() -> None:
    """Build, ask, print."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        prepare(settings)
        with open_service(settings) as service:
            answers = [
                service.pipeline.recommend(Person(f"u{number % USERS}"), Selection(10)) for number in range(WARM_UP)
            ]
            assert all(len(answer.items) == 10 and not answer.degraded_reason for answer in answers)
            stages: dict[str, list[float]] = {}

            def ask(number: int) -> None:
                answer = service.pipeline.recommend(Person(f"u{number % USERS}"), Selection(10))
                for stage, milliseconds in answer.milliseconds.items():
                    stages.setdefault(stage, []).append(milliseconds)

            asked = milliseconds_of(ask, REQUESTS)
            diverse = milliseconds_of(
                lambda number: service.pipeline.recommend(Person(f"u{number % USERS}"), Selection(10, diversity=0.5)),
                REQUESTS,
            )
            vectors = item_vectors(service)
    floor = milliseconds_of(lambda number: best(vectors @ vectors[number], settings.candidates), REQUESTS)
    print(f"{ITEMS:,} items, {REQUESTS:,} requests of {USERS:,} known users, one process, one at a time")
    print(f"request  median {np.median(asked):6.2f} ms   95 % {np.percentile(asked, 95):6.2f} ms")
    print(f"diverse  median {np.median(diverse):6.2f} ms   95 % {np.percentile(diverse, 95):6.2f} ms   (diversity 0.5)")
    print(f"floor    median {np.median(floor):6.2f} ms   ratio of medians {np.median(asked) / np.median(floor):.0f}")
    print("median by stage: " + ", ".join(f"{name} {np.median(values):.2f}" for name, values in stages.items()))


def prepare(settings: Settings) -> None:
    """A trained, imported and indexed made-up catalogue in the folder of the settings."""
    data, progress = catalogue(ITEMS, USERS, EVENTS), Lines()
    train(data, TRAINING, bundles=settings.bundles_dir, text_cache=settings.texts_dir, progress=progress)
    with open_store(settings) as store:
        store.import_dataset(data)
    reindex(settings, None, progress)


def item_vectors(service: Service) -> NDArray[np.float32]:
    """The vectors that the requests were answered with, float32 [items, dimensions]."""
    points = service.index.fetch(service.live.current().collection, [f"i{n}" for n in range(ITEMS)], with_payload=False)
    return np.stack([point.vectors[TOWER] for point in points.values()])


def best(scores: NDArray[np.float32], count: int) -> NDArray[np.intp]:
    """The places of the `count` highest scores, best first."""
    chosen = np.argpartition(-scores, count)[:count]
    return chosen[np.argsort(-scores[chosen])]


def milliseconds_of(work: Callable[[int], object], times: int) -> Sequence[float]:
    """How long each of many calls took; `work` is given the number of the call."""
    taken = []
    for number in range(times):
        start = time.perf_counter()
        work(number)
        taken.append((time.perf_counter() - start) * 1000)
    return taken


if __name__ == "__main__":
    main()

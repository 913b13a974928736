"""What a worker of Ray encodes and recommends in a second, beside one process that does it without Ray.

    python -m benchmarks.ray_rate [--times 20] [--workers 1,2]

Needs Ray (docs/scale.md says how it is installed) and the Qdrant server of the tests. A made-up catalogue of 5,000
items is encoded, and 1,000 users are recommended to, as many times over as asked. What a worker spends until it has
loaded the bundle is told apart from the rate: it is the time of a run with next to nothing to do.
"""

import argparse
import dataclasses
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import pandas as pd

from benchmarks.catalogues import catalogue
from benchmarks.measurement import Measurement, table
from benchmarks.serving_world import EVENTS, ITEMS, USERS, build
from pharos.ingest.dataset import Dataset
from pharos.offline import AT_ONCE, OfflineLists
from pharos.on_ray import BATCH, encode_items, recommend
from pharos.serving.pipeline import Selection
from pharos.serving.service import open_service
from pharos.serving.settings import Settings
from pharos.towers.bundle.bundle import Bundle, bundle_ids
from tests.qdrant_binary import fetch
from tests.qdrant_process import QdrantProcess

_ASKED: Final = Selection(20)
_FEW: Final = 10
_Asked = TypeVar("_Asked")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--workers", default="1,2", help="numbers of workers, with commas")
    given = parser.parse_args()
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    try:
        import ray
    except ImportError:
        print("Ray is not installed: nothing is measured")
        return
    server = QdrantProcess(fetch())
    try:
        server.start()
        with tempfile.TemporaryDirectory() as folder:
            settings = Settings(data_dir=Path(folder), qdrant_url=server.url)
            data = catalogue(ITEMS, USERS, EVENTS)
            build(settings, data)
            workers = [int(number) for number in given.workers.split(",")]
            # Cores that it does not have: what hands out the rows needs one beside the workers.
            ray.init(num_cpus=max(workers) + 2, include_dashboard=False, logging_level="warning")
            ray.data.DataContext.get_current().enable_progress_bars = False
            found = [*_encoding(settings, data, workers, given.times), *_lists(settings, workers, given.times)]
            print(table([("ray_rate", one) for one in found]))
    finally:
        server.remove()


def _encoding(settings: Settings, data: Dataset, workers: list[int], times: int) -> list[Measurement]:
    folder = settings.bundles_dir / bundle_ids(settings.bundles_dir)[-1]
    bundle = Bundle.load(folder)
    many = dataclasses.replace(data, items=pd.concat([data.items] * times, ignore_index=True))
    few, count = dataclasses.replace(data, items=data.items.head(_FEW)), len(many.items)

    def alone(data: Dataset) -> None:
        # In batches, as the workers have them.
        for start in range(0, len(data.items), BATCH):
            bundle.encode_items(data.items[start : start + BATCH])

    def on_ray(number: int) -> Callable[[Dataset], None]:
        return lambda data: _run(encode_items(folder, data, number))

    floor = _rate(alone, few, many, count)
    return _compared("items encoded", floor, {number: _rate(on_ray(number), few, many, count) for number in workers})


def _lists(settings: Settings, workers: list[int], times: int) -> list[Measurement]:
    with open_service(settings) as service:
        users = [user_id for user_id, _ in service.store.some_users(USERS)]
        lists, many, few = OfflineLists(service, _ASKED), users * times, users[:_FEW]

        def alone(asked: list[str]) -> None:
            for start in range(0, len(asked), AT_ONCE):
                lists.lists(asked[start : start + AT_ONCE])

        floor = _rate(alone, few, many, len(many))

    def on_ray(number: int) -> Callable[[list[str]], None]:
        return lambda asked: _run(recommend(settings, asked, _ASKED, number))

    rates = {number: _rate(on_ray(number), few, many, len(many)) for number in workers}
    return _compared("lists of 20", floor, rates)


def _run(rows: Any) -> None:
    """Compute all rows, and keep none."""
    for _ in rows.iter_batches(batch_format="pyarrow"):
        pass


def _rate(work: Callable[[_Asked], None], few: _Asked, many: _Asked, count: int) -> tuple[float, float]:
    """How much of `many` is done in a second, and the seconds that a run takes beside it. count: of `many`."""
    seconds = []
    for asked in (few, many):
        started = time.perf_counter()
        work(asked)
        seconds.append(time.perf_counter() - started)
    return (count - _FEW) / (seconds[1] - seconds[0]), seconds[0]


def _compared(what: str, alone: tuple[float, float], on_ray: dict[int, tuple[float, float]]) -> list[Measurement]:
    found = [Measurement.of(f"{what}: one process", "/s", [alone[0]], higher_is_better=True)]
    for workers, (rate, starting) in on_ray.items():
        name = f"{what}: {workers} of Ray"
        found.append(Measurement.of(name, "/s", [rate], floor=[alone[0]], higher_is_better=True))
        found.append(Measurement.of(f"{name}, beginning", "s", [starting]))
    return found


if __name__ == "__main__":
    main()

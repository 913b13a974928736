"""What one recommendation costs in the process beside its bare calls, on the embedded engine, with 10,000 items.

The floor is measured for the same person right before each request: the compact user tower on prepared inputs, the
searches that the pipeline makes (the same queries, lengths and filter, ids and scores read), and the compact ranking
network on prepared features, one after the other.

    python -m benchmarks.request_path            # a made-up catalogue
    python -m benchmarks.request_path DATA_DIR   # what was trained, imported and indexed there
"""

import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from qdrant_edge import QueryBatchRequest

from benchmarks.catalogues import catalogue
from benchmarks.measurement import Bar, Measurement, Options, table
from benchmarks.serving_world import build
from pharos.indexing.embedded import QdrantEmbedded
from pharos.serving.pipeline import Person, Selection
from pharos.serving.service import Service, open_service
from pharos.serving.settings import Settings

ITEMS, USERS, EVENTS, REQUESTS, WARM_UP = 10_000, 1_000, 60_000, 1_000, 200


def main() -> None:
    """Measure and print."""
    found = requests_of(Path(sys.argv[1])) if len(sys.argv) > 1 else measure(Options())
    print(table([("request_path", one) for one in found]))


def measure(_options: Options) -> list[Measurement]:
    """Make a catalogue up and ask."""
    with tempfile.TemporaryDirectory() as folder:
        build(Settings(data_dir=Path(folder)), catalogue(ITEMS, USERS, EVENTS))
        return requests_of(Path(folder))


def requests_of(data_dir: Path) -> list[Measurement]:
    """A recommendation, plain and diverse."""
    with open_service(Settings(data_dir=data_dir)) as service:
        people = [Person(user_id) for user_id, _ in service.store.some_users(REQUESTS)]
        return [
            compared("a recommendation", service, people, Selection(10), 1.5),
            compared("a recommendation, diversity 0.5", service, people, Selection(10, diversity=0.5), 2.0),
        ]


def compared(name: str, service: Service, people: list[Person], selection: Selection, most: float) -> Measurement:
    """Ask for every person in turn, after the same bare calls."""
    floor, ours, stages = list[float](), list[float](), dict[str, list[float]]()
    with BareCalls(service) as bare:
        for number in range(WARM_UP + REQUESTS):
            person = people[number % len(people)]
            bare.record(lambda person=person: service.pipeline.recommend(person, selection))
            bare_calls = bare.milliseconds()
            started = time.perf_counter()
            answer = service.pipeline.recommend(person, selection)
            taken = (time.perf_counter() - started) * 1000
            if number >= WARM_UP:
                floor.append(bare_calls)
                ours.append(taken)
                for stage, milliseconds in answer.milliseconds.items():
                    stages.setdefault(stage, []).append(milliseconds)
    told = ", ".join(f"{stage} {np.median(values):.2f}" for stage, values in stages.items())
    return Measurement.of(name, "ms", ours, floor=floor, bar=Bar(of="ratio", limit=most), note=f"by stage: {told}")


class BareCalls:
    """Notes what a request gives the user tower, the engine and the ranking network, and repeats just these calls."""

    def __init__(self, service: Service) -> None:
        generation = service.live.current()
        index, bundle = service.index, generation.bundle
        assert isinstance(index, QdrantEmbedded), "the floor is that of the embedded engine"
        assert bundle.ranker is not None, "nothing was learnt to rank by"
        self._shard = index._shard(index._name(generation.collection))
        self._places: list[tuple[Any, str, Callable[..., Any]]] = [
            (bundle.towers.user_tower, "_one", bundle.towers.user_tower._one),
            (bundle.ranker.model, "_model", bundle.ranker.model._model),
        ]
        self._index = index
        self._calls: list[tuple[Callable[..., Any], Any]] = []
        self._requests: list[Any] = []

    def __enter__(self) -> "BareCalls":
        return self

    def __exit__(self, *_: object) -> None:
        for place, name, call in self._places:
            setattr(place, name, call)

    def record(self, ask: Callable[[], object]) -> None:
        """Do a request and note its calls."""
        self._calls, self._requests = [], []
        for place, name, call in self._places:
            setattr(place, name, self._noted(call))
        nearest = self._index._nearest

        def noted(collection: str, asked: Any, filter: Any) -> Any:
            from pharos.indexing.embedded_points import edge_request
            from pharos.indexing.qdrant_filters import EMBEDDED, translate
            from pharos.indexing.shown_only import only_shown

            filtered = filter is not None and not only_shown(filter)
            translated = translate(filter, EMBEDDED)
            self._requests.append([edge_request(search, translated, filtered=filtered) for search in asked])
            return nearest(collection, asked, filter)

        self._index._nearest = noted  # type: ignore[method-assign]
        try:
            ask()
        finally:
            del self._index._nearest
            self.__exit__()

    def milliseconds(self) -> float:
        """How long the noted calls alone take."""
        started = time.perf_counter()
        for call, inputs in self._calls:
            call(inputs)
        for requests in self._requests:
            for answer in self._shard.query_batch(QueryBatchRequest(requests)):
                _ = [point.id for point in answer], [point.score for point in answer]
        return (time.perf_counter() - started) * 1000

    def _noted(self, call: Callable[..., Any]) -> Callable[[Mapping[str, Any]], Any]:
        def noted(inputs: Mapping[str, Any]) -> Any:
            self._calls.append((call, {name: np.array(value) for name, value in inputs.items()}))
            return call(inputs)

        return noted


if __name__ == "__main__":
    main()

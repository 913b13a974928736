"""How long it takes to post an item over HTTP until it can be retrieved, one by one and a thousand in one batch.

In the process, on both engines or on those named, with the text model: each item has a text of about eighty words that
no other has. At least 95 % of the posts may take 100 ms, and the batch 30 s.
"""

import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from starlette.testclient import TestClient

from benchmarks.catalogues import catalogue
from benchmarks.measurement import Bar, Measurement, Options, table
from benchmarks.served import ENGINES, engine
from benchmarks.serving_world import build
from pharos.ingest.dataset import Dataset
from pharos.ingest.schema import Feature, FeatureType
from pharos.serving.app import create_app
from pharos.serving.settings import Settings
from pharos.towers.settings import TrainingSettings

ITEMS, USERS, EVENTS = 500, 300, 6_000
POSTS, WARM_UP, BATCH = 200, 10, 1_000
ALLOWED_MILLISECONDS, ALLOWED_SECONDS = 100.0, 30.0
_WORDS: Final = """
the of and in young old city war love family secret journey night king island murder school winter music doctor train
river soldier village dream machine ghost teacher garden storm desert future
""".split()  # noqa: SIM905


def main() -> None:
    """Measure on each engine, or on those named; fails where it takes longer than it may."""
    found = [one for name in sys.argv[1:] or ENGINES for one in measure_on(name)]
    print(table([("item_writes", one) for one in found]))
    if any(one.missed_by for one in found):
        sys.exit("too slow")


def measure(_options: Options) -> list[Measurement]:
    """On the embedded engine, for `python -m benchmarks`."""
    return measure_on("embedded")


def measure_on(name: str) -> list[Measurement]:
    """Build and post on one engine."""
    random = np.random.default_rng(1)
    with engine(name) as url, tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), qdrant_url=url)
        prepare(settings, random)
        with TestClient(create_app(settings)) as client:
            taken = [post(client, random, number) for number in range(WARM_UP + POSTS)][WARM_UP:]
            batch = [{"item_id": f"batch-{number}", **body(random, number)} for number in range(BATCH)]
            started = time.perf_counter()
            answer = client.post("/v1/items:batch", json=batch).json()
            seconds = time.perf_counter() - started
            assert (answer["created"], answer["indexed"]) == (BATCH, True), answer
            found = client.get("/v1/search", params={"q": batch[-1]["features"]["overview"], "k": 1}).json()
            assert found["items"][0]["item_id"] == batch[-1]["item_id"], found
    posts = Measurement.of(
        f"an item of new text, {name} engine", "ms", taken, bar=Bar(of="p95", limit=ALLOWED_MILLISECONDS)
    )
    whole = Measurement.of(
        f"a batch of {BATCH:,} items, {name} engine", "s", [seconds], bar=Bar(of="median", limit=ALLOWED_SECONDS)
    )
    return [posts, whole]


def prepare(settings: Settings, random: np.random.Generator) -> None:
    """A trained, imported and indexed made-up catalogue with texts."""
    build(settings, with_texts(catalogue(ITEMS, USERS, EVENTS), random), TrainingSettings(max_epochs=2))


def with_texts(data: Dataset, random: np.random.Generator) -> Dataset:
    """The same, where each item has a text."""
    items = data.items.assign(overview=[text(random, 10) for _ in range(len(data.items))])
    features = (*data.schema.items, Feature("overview", FeatureType.TEXT))
    return replace(data, items=items, schema=replace(data.schema, items=features))


def post(client: TestClient, random: np.random.Generator, number: int) -> float:
    """Post one item; returns the milliseconds until the answer, with which it can be retrieved."""
    item = body(random, number)
    started = time.perf_counter()
    answer = client.put(f"/v1/items/new-{number}", json=item)
    taken = (time.perf_counter() - started) * 1000
    assert (answer.status_code, answer.json()["indexed"]) == (201, True), answer.text
    return taken


def body(random: np.random.Generator, number: int) -> dict[str, Any]:
    """An item that is like no other."""
    features = {"year": 2000 + number % 25, "genres": [f"g{number % 20}"], "overview": text(random, 80)}
    return {"title": f"New item {number}", "features": features}


def text(random: np.random.Generator, words: int) -> str:
    """Words in any order."""
    return " ".join(random.choice(_WORDS, size=words))


if __name__ == "__main__":
    main()

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
from benchmarks.served import ENGINES, engine
from pharos.cli.progress import Lines
from pharos.ingest.dataset import Dataset
from pharos.ingest.schema import Feature, FeatureType
from pharos.serving.app import create_app
from pharos.serving.operations.reindex import reindex
from pharos.serving.parts import open_store
from pharos.serving.settings import Settings
from pharos.towers.settings import TrainingSettings
from pharos.training import train

ITEMS, USERS, EVENTS = 500, 300, 6_000
POSTS, WARM_UP, BATCH = 200, 10, 1_000
ALLOWED_MILLISECONDS, ALLOWED_SECONDS = 100.0, 30.0
_WORDS: Final = """
the of and in young old city war love family secret journey night king island murder school winter music doctor train
river soldier village dream machine ghost teacher garden storm desert future
""".split()  # noqa: SIM905


def main() -> None:
    """Measure on each engine; fails where it takes longer than it may."""
    names, fast = sys.argv[1:] or ENGINES, True
    for name in names:
        with engine(name) as url:
            print(f"{name} engine")
            fast &= measure(url)
    if not fast:
        sys.exit("too slow")


def measure(qdrant_url: str) -> bool:
    """Build, post, print; whether it was as fast as it must be."""
    random = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), qdrant_url=qdrant_url)
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
    median, slow = np.median(taken), np.percentile(taken, 95)
    print(f"{POSTS} posts   median {median:6.1f} ms   95 % {slow:6.1f} ms   allowed {ALLOWED_MILLISECONDS:.0f} ms")
    print(f"batch of {BATCH:,} items   {seconds:6.1f} s   allowed {ALLOWED_SECONDS:.0f} s")
    return bool(slow <= ALLOWED_MILLISECONDS and seconds <= ALLOWED_SECONDS)


def prepare(settings: Settings, random: np.random.Generator) -> None:
    """A trained, imported and indexed made-up catalogue with texts."""
    data, progress = with_texts(catalogue(ITEMS, USERS, EVENTS), random), Lines()
    train(
        data,
        TrainingSettings(max_epochs=2),
        bundles=settings.bundles_dir,
        text_cache=settings.texts_dir,
        progress=progress,
    )
    with open_store(settings) as store:
        store.import_dataset(data)
    reindex(settings, None, progress)


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

"""What the benchmarks of a running server share: a made-up catalogue, trained and indexed, and requests of it."""

import random
import time
from pathlib import Path
from typing import Final

import httpx

from benchmarks.catalogues import catalogue
from pharos.cli.progress import Lines
from pharos.ingest.dataset import Dataset
from pharos.serving.operations.reindex import reindex
from pharos.serving.parts import open_store
from pharos.serving.settings import Settings
from pharos.towers.settings import TrainingSettings
from pharos.training import train

ITEMS: Final = 5_000
USERS: Final = 1_000
EVENTS: Final = 30_000
_TRAINING: Final = TrainingSettings(max_epochs=2, text_model="")


def prepare(folder: Path, qdrant_url: str = "", database_url: str = "") -> dict[str, str]:
    """Train, import and index in a folder; returns the settings by name, as `ServeProcess` takes them."""
    given = {"data_dir": str(folder / "data"), "log_level": "warning"}
    given |= {name: url for name, url in (("qdrant_url", qdrant_url), ("database_url", database_url)) if url}
    build(Settings.model_validate(given), catalogue(ITEMS, USERS, EVENTS))
    return given


def build(settings: Settings, data: Dataset, training: TrainingSettings = _TRAINING) -> None:
    """Train on a data set, import and index it, in the folder of the settings."""
    progress = Lines()
    train(data, training, bundles=settings.bundles_dir, text_cache=settings.texts_dir, progress=progress)
    with open_store(settings) as store:
        store.import_dataset(data)
    reindex(settings, None, progress)


def some_user(draw: random.Random) -> str:
    """The id of a user."""
    return f"u{draw.randrange(USERS)}"


def some_item(draw: random.Random) -> str:
    """The id of an item."""
    return f"i{draw.randrange(ITEMS)}"


def until_whole(url: str) -> float:
    """When answers were whole again, ten in a row."""
    with httpx.Client(base_url=url, timeout=60) as http:
        while True:
            started = time.monotonic()
            answers = [http.get(f"/v1/users/u{number}/recommendations") for number in range(10)]
            if all(answer.is_success and not answer.json()["degraded"] for answer in answers):
                return started
            time.sleep(0.05)

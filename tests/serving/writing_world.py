"""What the tests of writing share: an application on each engine that may be written to."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from qdrant_client import QdrantClient

from pharos.serving.operations.reindex import reindex
from pharos.serving.service import Service
from pharos.serving.settings import Settings
from pharos.towers.progress import Silent
from tests.serving import world


@contextmanager
def writable(trained: Path, folder: Path, qdrant_url: str) -> Iterator[Settings]:
    """Settings of a copy of the trained world on the embedded engine, or on a server if there is an address."""
    if not qdrant_url:
        yield Settings(data_dir=shutil.copytree(trained, folder / "data"), refresh_seconds=0.05)
        return
    data_dir = shutil.copytree(trained, folder / "data", ignore=shutil.ignore_patterns("index"))
    alias = f"writing-{os.getpid()}-{time.monotonic_ns()}"
    settings = Settings(data_dir=data_dir, qdrant_url=qdrant_url, alias=alias, refresh_seconds=0.05)
    reindex(settings, None, Silent())
    try:
        yield settings
    finally:
        client = QdrantClient(qdrant_url, timeout=30, check_compatibility=False)
        for found in client.get_collections().collections:
            if found.name.startswith(alias):
                client.delete_collection(found.name)
        client.close()


def war_film(title: str = "Trenches", **changes: object) -> dict[str, object]:
    """The body of a war film that nobody has seen yet."""
    features = {"year": 2020, "genres": ["War"], "language": "en", "overview": world.WAR_TEXT, **changes}
    return {"title": title, "features": features}


def disagreements(service: Service) -> list[str]:
    """Where the store and the live collection do not hold the same revisions of the same items."""
    collection = service.live.fresh().collection
    ids = [item_id for frame in service.store.item_frames() for item_id in frame["item_id"]]
    held = {item_id: point.payload for item_id, point in service.index.fetch(collection, ids, with_vectors=()).items()}
    wrong = [
        f"{record.item_id}: {held.get(record.item_id)} is not revision {record.revision}"
        for record in service.store.items(ids).values()
        if held.get(record.item_id, {}).get("revision") != record.revision
        or held[record.item_id]["available"] != record.available
        or held[record.item_id]["title"] != record.title
    ]
    if service.index.count(collection) != len(ids):
        wrong.append(f"{service.index.count(collection)} points, {len(ids)} items")
    return wrong


def eventually(holds: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)

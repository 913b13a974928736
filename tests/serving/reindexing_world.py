"""What the tests of re-indexing share: two bundles that cannot be mixed, on both engines, and a way to write."""

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from qdrant_client import QdrantClient

from pharos.indexing.build import points
from pharos.ingest.dataset import Dataset
from pharos.serving.parts import open_store
from pharos.serving.service import Service, open_service
from pharos.serving.settings import Settings
from tests.serving import world

FIRST, SECOND = "first", "second"


@contextmanager
def prepared(bundles: Path, folder: Path, qdrant_url: str, store_url: str = "") -> Iterator[Settings]:
    """Settings of a folder with both bundles and a full store, and an empty index of its own.

    store_url: of an empty database; by default a file in the folder.
    """
    data_dir = folder / "data"
    shutil.copytree(bundles, data_dir / "bundles")
    alias = f"items-{os.getpid()}-{time.monotonic_ns()}"
    settings = Settings(
        data_dir=data_dir, database_url=store_url, qdrant_url=qdrant_url, alias=alias, refresh_seconds=0.05
    )
    with open_store(settings) as store:
        store.import_dataset(world.dataset())
    yield settings
    if qdrant_url:
        client = QdrantClient(qdrant_url, timeout=30, check_compatibility=False)
        for found in client.get_collections().collections:
            if found.name.startswith(alias):
                client.delete_collection(found.name)
        client.close()


def with_title(item_id: str, title: str) -> Dataset:
    """The one item with another title, as a data set to import."""
    data = world.dataset()
    items = data.items[data.items["item_id"] == item_id].assign(title=title)
    return replace(data, items=items, interactions=data.interactions[:0], users=data.users[:0])


def commit(service: Service, item_id: str, title: str) -> None:
    """Change an item in the store alone, as a writer has just before it comes to the index."""
    service.store.import_dataset(with_title(item_id, title))


def write(service: Service, item_id: str, title: str) -> None:
    """Change an item in the store and in the index."""
    commit(service, item_id, title)
    generation = service.live.fresh()
    items = service.store.frame_of([service.store.items([item_id])[item_id]])
    service.index.upsert(generation.collection, points(generation.bundle, items))


def indexed_title(service: Service, item_id: str, collection: str | None = None) -> object:
    """The title of an item in the index: in the live collection, if none is named."""
    where = collection or service.settings.alias
    return service.index.fetch(where, [item_id], with_vectors=())[item_id].payload["title"]


@contextmanager
def opened(settings: Settings) -> Iterator[Service]:
    """A service as a server has it, with what it does at its start."""
    with open_service(settings) as service:
        service.reindexer.recover()
        service.background_sync.start()
        yield service


def eventually(holds: Callable[[], bool], seconds: float = 240) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def children() -> set[int]:
    """The processes that this one has started."""
    return {
        int(child)
        for task in Path("/proc/self/task").iterdir()
        for child in (task / "children").read_text(encoding="ascii").split()
    }


def kill(process: int) -> None:
    """End a process at once, as no process can prevent."""
    os.kill(process, signal.SIGKILL)

"""Opens the store and the vector index that the settings name."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pharos.indexing.index import VectorIndex
from pharos.serving.settings import Settings
from pharos.serving.store import Store


@contextmanager
def open_store(settings: Settings) -> Iterator[Store]:
    """A context with the store. Raises StoreError where it cannot be opened."""
    store = Store(settings.store_url, settings.event_weights)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def open_index(settings: Settings, folder: Path | None = None) -> Iterator[VectorIndex]:
    """A context with the vector index: of a server, or the embedded one.

    folder: of the embedded one, if not that of the settings. Raises IndexUnavailable, and FolderLocked where another
    process has the embedded one open.
    """
    index: VectorIndex
    # The client of a server is much code, and takes half a second to import: only where there is a server.
    if settings.qdrant_url:
        from pharos.indexing.server import QdrantServer
        from pharos.indexing.server_nodes import Replication
        from pharos.indexing.server_points import Quantization

        key = settings.qdrant_api_key
        index = QdrantServer(
            settings.qdrant_url.split(","),
            replication=Replication(
                settings.qdrant_shards, settings.qdrant_replicas, settings.qdrant_write_consistency
            ),
            api_key=key.get_secret_value() if key else None,
            ca_file=settings.qdrant_ca_file,
            request_timeout=max(1, int(settings.wait_seconds)),
            quantization=Quantization(settings.qdrant_quantization),
        )
    else:
        from pharos.indexing.embedded import QdrantEmbedded

        index = QdrantEmbedded(folder or settings.index_dir)
    try:
        yield index
    finally:
        index.close()

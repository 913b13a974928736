"""Puts the parts together: the store, the vector index, what is live, and the pipeline over them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pharos.indexing.embedded import QdrantEmbedded
from pharos.indexing.errors import VectorIndexError
from pharos.indexing.index import VectorIndex
from pharos.indexing.server import QdrantServer
from pharos.serving.errors import ServingError
from pharos.serving.following import Follower
from pharos.serving.live import Live
from pharos.serving.pipeline import Observer, Pipeline
from pharos.serving.reindexing import Reindexer
from pharos.serving.settings import Settings
from pharos.serving.store import Store
from pharos.serving.variants import Variants
from pharos.serving.writing import WriteFeedback, WriteItems
from pharos.towers.errors import TowersError


@dataclass(frozen=True)
class Service:
    """All that answers a request."""

    settings: Settings
    store: Store
    index: VectorIndex
    variants: Variants
    pipeline: Pipeline
    reindexer: Reindexer
    follower: Follower
    items: WriteItems
    feedback: WriteFeedback

    @property
    def live(self) -> Live:
        """What is live; of several variants the first."""
        return self.variants.first

    def live_parts(self) -> dict[str, Live]:
        """What is live, by the name of the part: one for each variant."""
        return {f"live {name}" if name else "live": live for name, live in self.variants.items()}

    def problems(self) -> dict[str, str]:
        """Why each part that is not ready is not; empty when all are."""
        checks: dict[str, Callable[[], object]] = {"store": self.store.check, "index": self.index.ready}
        checks.update({part: live.current for part, live in self.live_parts().items()})
        problems: dict[str, str] = {}
        for part, check in checks.items():
            try:
                check()
            except (ServingError, VectorIndexError, TowersError) as error:
                problems[part] = str(error)
        return problems


@contextmanager
def open_service(settings: Settings, *, warm_up: bool = False, observe: Observer | None = None) -> Iterator[Service]:
    """A service for as long as the context lasts; warm_up: whether its first answers must be as quick as the next.

    observe: is given every answer.
    Raises StoreError or IndexUnavailable if a part cannot be opened.
    """
    with open_store(settings) as store, open_index(settings) as index:
        variants = Variants(
            {
                name: Live(index, settings.bundles_dir, variant.alias, settings.refresh_seconds, warm_up=warm_up)
                for name, variant in settings.live.items()
            },
            {name: variant.share for name, variant in settings.live.items()},
        )
        follower = Follower(store, index, variants)
        reindexer = Reindexer(settings, store, index, variants, follower)
        try:
            yield Service(
                settings=settings,
                store=store,
                index=index,
                variants=variants,
                pipeline=Pipeline(store, index, variants, settings, observe),
                reindexer=reindexer,
                follower=follower,
                items=WriteItems(store, index, variants, follower, settings.max_batch),
                feedback=WriteFeedback(store, settings.event_weights, settings.max_batch),
            )
        finally:
            reindexer.close()
            follower.close()


@contextmanager
def open_store(settings: Settings) -> Iterator[Store]:
    """The store that the settings name."""
    store = Store(settings.store_url, settings.event_weights)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def open_index(settings: Settings, folder: Path | None = None) -> Iterator[VectorIndex]:
    """The vector index that the settings name: a server's, or the embedded one.

    folder: of the embedded one, if not that of the settings.
    """
    index: VectorIndex
    if settings.qdrant_url:
        key = settings.qdrant_api_key
        index = QdrantServer(
            settings.qdrant_url, api_key=key.get_secret_value() if key else None, ca_file=settings.qdrant_ca_file
        )
    else:
        index = QdrantEmbedded(folder or settings.index_dir)
    try:
        yield index
    finally:
        index.close()

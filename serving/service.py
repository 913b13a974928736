"""The service: store, vector index, index sync, pipeline and writes, wired together."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from pharos.indexing.index import VectorIndex
from pharos.ingest.errors import PharosError
from pharos.serving.index_sync.background_sync import BackgroundSync
from pharos.serving.index_sync.live_index import LiveIndex
from pharos.serving.index_sync.read_ahead import ReadAhead
from pharos.serving.index_sync.reindexer import Reindexer
from pharos.serving.index_sync.repair import Repair
from pharos.serving.index_sync.variants import Variants
from pharos.serving.parts import open_index, open_store
from pharos.serving.pipeline import Observer, Pipeline
from pharos.serving.settings import Settings
from pharos.serving.store import Store
from pharos.serving.writes.events import WriteEvents
from pharos.serving.writes.items import WriteItems


@dataclass(frozen=True)
class Service:
    """The parts that answer requests."""

    settings: Settings
    store: Store
    index: VectorIndex
    variants: Variants
    pipeline: Pipeline
    reindexer: Reindexer
    background_sync: BackgroundSync
    read_ahead: ReadAhead
    items: WriteItems
    events: WriteEvents

    @property
    def live(self) -> LiveIndex:
        """The live index; with several variants, the first one's."""
        return self.variants.first

    def live_parts(self) -> dict[str, LiveIndex]:
        """The live index of each variant, by its name in /readyz."""
        return {f"live {name}" if name else "live": live for name, live in self.variants.items()}

    def problems(self) -> dict[str, str]:
        """The reason for each part that is not ready; empty if all are."""
        checks: dict[str, Callable[[], object]] = {"store": self.store.check, "index": self.index.ready}
        checks.update({part: live.current for part, live in self.live_parts().items()})
        problems: dict[str, str] = {}
        for part, check in checks.items():
            try:
                check()
            except PharosError as error:
                problems[part] = str(error)
        return problems


@contextmanager
def open_service(
    settings: Settings,
    *,
    warm_up: bool = False,
    observe: Observer | None = None,
    sync_failed: Callable[[str], None] = lambda _: None,
) -> Iterator[Service]:
    """A context with the service.

    warm_up: whether to run the models once, so that the first answers are quick. observe: called with every answer.
    sync_failed: called with the type of each failure of the background sync. Requests are answered side by side, so
    that each uses one thread for its matrices: those of one request are small, and threads that wait for each other
    cost more than they save. Raises StoreError or IndexUnavailable if a part cannot be opened.
    """
    with threadpool_limits(1, "blas"), open_store(settings) as store, open_index(settings) as index:
        variants = Variants(
            {
                name: LiveIndex(index, settings.bundles_dir, variant.alias, settings.refresh_seconds, warm_up=warm_up)
                for name, variant in settings.live.items()
            },
            {name: variant.share for name, variant in settings.live.items()},
        )
        read_ahead = ReadAhead(store, index, variants)
        reindexer = Reindexer(settings, store, index, variants, read_ahead.read if warm_up else None)
        repair = Repair(settings.bundles_dir, reindexer, variants)
        background_sync = BackgroundSync(store, index, variants, sync_failed, repair.attempt)
        try:
            yield Service(
                settings=settings,
                store=store,
                index=index,
                variants=variants,
                pipeline=Pipeline(store, index, variants, settings, observe),
                reindexer=reindexer,
                background_sync=background_sync,
                read_ahead=read_ahead,
                items=WriteItems(store, index, variants, background_sync, settings.max_batch),
                events=WriteEvents(store, settings.event_weights, settings.max_batch),
            )
        finally:
            read_ahead.close()
            reindexer.close()
            background_sync.close()

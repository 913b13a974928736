"""A background thread that backfills changes of the store which could not be indexed when they were written."""

import logging
import threading
from collections.abc import Callable
from typing import Final

from pharos.indexing.index import VectorIndex
from pharos.ingest.errors import PharosError
from pharos.serving.errors import NotReady
from pharos.serving.index_sync.live_index import Generation, LiveIndex
from pharos.serving.index_sync.sync import sync_changes
from pharos.serving.index_sync.variants import Variants
from pharos.serving.store import Store

_PASS_SECONDS: Final = 5.0
_RETRY_SECONDS: Final = 1.0

logger = logging.getLogger(__name__)


class BackgroundSync:
    """A thread that keeps the live collections in sync with the store; it survives every failure.

    A pass runs at the start, when a write could not be indexed, as soon as the index answers again after a failure,
    and every 5 seconds for changes that another process stored, such as `pharos import`, or that a process died
    before indexing. A change is synced by the second pass after it at the latest. The store keeps the revision up
    to which each collection is in sync. on_failure: called with the type of each failure. repair: called at the
    start of each pass, to repair what is damaged.
    """

    def __init__(
        self,
        store: Store,
        index: VectorIndex,
        variants: Variants,
        on_failure: Callable[[str], None] = lambda _: None,
        repair: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._index = index
        self._variants = variants
        self._on_failure = on_failure
        self._repair = repair
        self._problem: str | None = None
        self._failed_with = ""
        self._wanted = threading.Event()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread; it runs a first pass at once."""
        self._wanted.set()
        self._thread = threading.Thread(target=self._run, name="index-sync")
        self._thread.start()

    def wake(self) -> None:
        """Request a pass, since a write could not be indexed."""
        self._wanted.set()

    def problem(self) -> str | None:
        """Why the live collections may lag behind the store, for people; None if the last pass succeeded."""
        if self._thread is not None and not self._thread.is_alive() and not self._stopped.is_set():
            return "the thread that keeps the index in sync has ended; restart the server"
        return self._problem

    def close(self) -> None:
        """Stop the thread and wait for it."""
        self._stopped.set()
        self._wanted.set()
        if self._thread is not None:
            self._thread.join()

    def sync(self, until: int | None = None) -> None:
        """Sync every live collection up to a revision, by default the newest. Does nothing if none is live.

        Raises what the store, the index and the bundle raise.
        """
        for _, live in self._variants.items():
            generation = _live_generation(live)
            if generation is not None:
                self._sync(generation, until)

    def _sync(self, generation: Generation, until: int | None) -> None:
        since = self._store.synced_revision(generation.collection)
        newest = self._store.revision() if until is None else until
        if newest > since:
            sync_changes(self._store.changes_since, self._store, self._index, generation, since, newest, self._check)
            # What the store records as indexed must survive a power cut.
            self._index.persist(generation.collection)
            self._store.set_synced(generation.collection, newest)

    def _run(self) -> None:
        seen = 0
        while not self._stopped.is_set():
            asked = self._wanted.wait(_PASS_SECONDS)
            self._wanted.clear()
            try:
                # A change since the last pass is left to its writer, which may be indexing it right now.
                newest = self._store.revision()
                self._repair()
                self.sync(newest if asked else seen)
                self._problem, self._failed_with, seen = None, "", newest
            except Exception as error:  # noqa: BLE001  # whatever it is, the thread goes on
                self._failed(error)
                self._stopped.wait(_RETRY_SECONDS)
                self._wanted.set()

    def _failed(self, error: Exception) -> None:
        if self._stopped.is_set():
            return
        kind, is_fault = type(error).__name__, not isinstance(error, PharosError)
        self._problem = f"the sync failed with {kind}; the log says why" if is_fault else str(error)
        if kind != self._failed_with:
            message = "the index lags behind the store, and is synced when it is available: %s"
            logger.warning(message, error, exc_info=error if is_fault else None)
        self._failed_with = kind
        self._on_failure(kind)

    def _check(self, _done: int) -> None:
        if self._stopped.is_set():
            raise NotReady("index", "the server was stopped")


def _live_generation(live: LiveIndex) -> Generation | None:
    """The live generation; None if there is none yet."""
    try:
        return live.fresh()
    except NotReady as error:
        if error.part == "index":
            return None
        raise

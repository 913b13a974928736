"""Catches up with what did not come to the index when it was written."""

import logging
import threading
from typing import Final

from pharos.indexing.errors import VectorIndexError
from pharos.indexing.index import VectorIndex
from pharos.serving.errors import NotReady, ServingError
from pharos.serving.following.replay import replay
from pharos.serving.live import Generation, Live
from pharos.serving.store import Store
from pharos.serving.variants import Variants
from pharos.towers.errors import TowersError

_PASS_SECONDS: Final = 30.0
_RETRY_SECONDS: Final = 1.0
_FAILURES: Final = (ServingError, VectorIndexError, TowersError)

logger = logging.getLogger(__name__)


class Follower:
    """A thread that brings what is live to where the store is.

    It does so at its start, as soon as the index answers again after it did not, and now and then for what another
    process stored and died over. The store remembers how far each collection is known to follow it.
    """

    def __init__(self, store: Store, index: VectorIndex, variants: Variants) -> None:
        self._store = store
        self._index = index
        self._variants = variants
        self._wanted = threading.Event()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; the first thing is to catch up."""
        self._wanted.set()
        self._thread = threading.Thread(target=self._run, name="following")
        self._thread.start()

    def wake(self) -> None:
        """Something did not come to the index: catch up as soon as it answers."""
        self._wanted.set()

    def close(self) -> None:
        """Stop."""
        self._stopped.set()
        self._wanted.set()
        if self._thread is not None:
            self._thread.join()

    def catch_up(self, until: int | None = None) -> None:
        """Bring to what is live what changed up to a revision, by default all. Does nothing where nothing is live.

        Raises what the store, the index and the bundle raise.
        """
        for _, live in self._variants.items():
            generation = _generation(live)
            if generation is not None:
                self._bring(generation, until)

    def _bring(self, generation: Generation, until: int | None) -> None:
        since = self._store.followed_to(generation.collection)
        newest = self._store.revision() if until is None else until
        if newest > since:
            replay(self._store.changes_since, self._store, self._index, generation, since, newest, self._check)
            self._store.follow(generation.collection, newest)

    def _run(self) -> None:
        failing, seen = False, 0
        while not self._stopped.is_set():
            asked = self._wanted.wait(_PASS_SECONDS)
            self._wanted.clear()
            try:
                # What is younger than a pass is left to who wrote it and is perhaps just at it.
                newest = self._store.revision()
                self.catch_up(newest if asked else seen)
                failing, seen = False, newest
            except _FAILURES as error:
                if not failing and not self._stopped.is_set():
                    logger.warning("the index is behind the store, and catches up when it can: %s", error)
                failing = True
                self._stopped.wait(_RETRY_SECONDS)
                self._wanted.set()

    def _check(self, _done: int) -> None:
        if self._stopped.is_set():
            raise NotReady("index", "the server was stopped")


def _generation(live: Live) -> Generation | None:
    try:
        return live.fresh()
    except NotReady as error:
        if error.part == "index":
            return None
        raise

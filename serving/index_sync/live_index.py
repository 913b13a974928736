"""The live index: the collection that the alias points to, and its bundle."""

import gc
import logging
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pharos.indexing.errors import UnknownCollection, VectorIndexError
from pharos.indexing.index import VectorIndex
from pharos.serving.errors import NotReady
from pharos.towers.bundle.bundle import Bundle
from pharos.towers.errors import TowersError

logger = logging.getLogger(__name__)

UNAVAILABLE: Final = (VectorIndexError, TowersError, NotReady)
"""What is raised where the index or the bundle cannot answer."""


@dataclass(frozen=True)
class Generation:
    """A collection and the bundle that its vectors were computed with. A request uses one throughout."""

    collection: str
    bundle: Bundle


class LiveIndex:
    """Resolves the alias and loads the bundle of its collection. Thread-safe.

    index: has the alias. bundles: folder with one folder per bundle. refresh_seconds: how often the alias is resolved
    again, and how long a failure to do so is repeated. warm_up: whether a loaded bundle is run once, so that its first
    answers are as quick as the next; what encodes items and texts then follows in the background. A new bundle loads
    in the background; requests use the old one meanwhile.
    """

    def __init__(
        self, index: VectorIndex, bundles: Path, alias: str, refresh_seconds: float, *, warm_up: bool = False
    ) -> None:
        self._index = index
        self._bundles = bundles
        self._alias = alias
        self._refresh_seconds = refresh_seconds
        self._warm_up = warm_up
        self._lock = threading.Lock()
        self._switching = threading.RLock()  # held while the alias moves and while what it names is loaded
        self._generation: Generation | None = None
        self._failure: Exception | None = None
        self._looked_up = -float("inf")
        self._loading = False

    @property
    def alias(self) -> str:
        """The name of the alias."""
        return self._alias

    def current(self) -> Generation:
        """The live generation, as of at most `refresh_seconds` ago.

        Raises NotReady if no collection is live or its bundle is not in `bundles`, and what the index and the bundle
        raise: IndexUnavailable, BundleError.
        """
        # A thread waits for another one that is resolving the alias only where there is no generation yet.
        if self._is_stale() and self._lock.acquire(blocking=self._generation is None):
            try:
                if self._is_stale():
                    self._look_up()
            finally:
                self._lock.release()
        generation, failure = self._generation, self._failure
        if failure is not None:
            raise failure
        if generation is None:
            raise NotReady("index", f"no collection is live under {self._alias!r}; build one with `pharos index`")
        return generation

    def fresh(self) -> Generation:
        """The generation that the alias points to now; waits for its bundle to load. Raises as `current` does.

        For syncing a change after it was committed: one that was committed before a switch of the alias is in the new
        collection already, and one that was committed after it is written there.
        """
        known = self._generation
        if known is not None and self._index.resolve(self._alias) == known.collection:
            return known
        with self._switching:
            collection = self._index.resolve(self._alias)
            if collection is None:
                raise NotReady("index", f"no collection is live under {self._alias!r}; build one with `pharos index`")
            known = self._generation
            if known is None or known.collection != collection:
                known = Generation(collection, self.bundle(self._bundle_of(collection)))
                self._adopt(known)
        return known

    def probe(self) -> None:
        """Raise what keeps the live generation from answering; returns if nothing is live yet."""
        if self._index.resolve(self._alias) is not None:
            self._index.count(self.fresh().collection)

    def switch(self, generation: Generation) -> None:
        """Point the alias to a generation's collection; the next request uses it."""
        with self._switching:
            self._index.switch(self._alias, generation.collection)
            self._adopt(generation)

    def bundle(self, bundle: str) -> Bundle:
        """A bundle by id, warmed up: the live one, or loaded now. Raises NotReady, TowersError."""
        known = self._generation
        return known.bundle if known and known.bundle.id == bundle else self._load(bundle)

    def _is_stale(self) -> bool:
        return not self._loading and time.monotonic() - self._looked_up >= self._refresh_seconds

    def _adopt(self, generation: Generation) -> None:
        self._generation = generation
        self._failure = None
        self._looked_up = time.monotonic()

    def _look_up(self) -> None:
        # A thread that is switching the alias or loading a bundle sets the outcome itself.
        if not self._switching.acquire(blocking=self._generation is None):
            return
        try:
            if self._use(self._index.resolve(self._alias)):
                self._failure = None
        except UNAVAILABLE as failure:
            self._failure = failure
        finally:
            self._switching.release()
        self._looked_up = time.monotonic()

    def _use(self, collection: str | None) -> bool:
        """Make a collection the live one; False if its bundle has to be loaded first, in the background."""
        known = self._generation
        if collection is None:
            self._generation = None
        elif known is None:
            self._adopt(Generation(collection, self.bundle(self._bundle_of(collection))))
        elif known.collection != collection:
            bundle = self._bundle_of(collection)
            if bundle != known.bundle.id:
                self._loading = True
                threading.Thread(target=self._load_in_background, daemon=True).start()
                return False
            self._adopt(Generation(collection, known.bundle))
        return True

    def _load_in_background(self) -> None:
        try:
            self.fresh()
        except UNAVAILABLE as failure:
            self._failure = failure
        finally:
            self._looked_up = time.monotonic()
            self._loading = False

    def _bundle_of(self, collection: str) -> str:
        for info in self._index.collections():
            if info.name == collection:
                return info.bundle
        self._index.count(collection)  # says why, where it is damaged
        raise UnknownCollection(collection)

    def _load(self, bundle: str) -> Bundle:
        folder = self._bundles / bundle
        if not folder.is_dir():
            raise NotReady("bundle", f"the collection needs the bundle {bundle!r}, which is not here")
        loaded = Bundle.load(folder)
        if self._warm_up:
            loaded.warm_up()
            # No daemon, as a thread of a daemon would be: a process that ends in the middle of TensorFlow may crash.
            threading.Thread(target=_warm_up_encoders, args=(loaded,), daemon=False).start()
        return loaded


def _warm_up_encoders(bundle: Bundle) -> None:
    try:
        bundle.warm_up_encoders()
    except (TowersError, OSError) as error:
        logger.warning("bundle %s: items cannot be encoded: %s", bundle.id, error)
    # What was loaded stays; full collections need not look at it.
    gc.collect()
    gc.freeze()

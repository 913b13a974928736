"""What is live: the collection that the alias points to, together with the bundle whose vectors it holds."""

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

UNAVAILABLE: Final = (VectorIndexError, TowersError, NotReady)
"""What is raised where the index or the bundle cannot answer."""

_LONGER_TEXT: Final = "text " * 40
"""The text model is compiled for the length of its first text, and for all lengths with the second."""


@dataclass(frozen=True)
class Generation:
    """One collection and its bundle. A request takes one at its start and is answered wholly with it."""

    collection: str
    bundle: Bundle


class LiveIndex:
    """Follows the alias. Safe with threads.

    index: where the alias lives. bundles: folder with one folder per bundle. refresh_seconds: how often the alias is
    looked up, and for how long a failure to do so stands. warm_up: whether a bundle is made ready for quick answers, as
    a server wants it. A new bundle loads beside the requests, which go on with the old one meanwhile.
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
        self._moving = threading.RLock()  # held while the alias moves and while what it names is loaded
        self._generation: Generation | None = None
        self._failure: Exception | None = None
        self._looked_up = -float("inf")
        self._loading = False

    @property
    def alias(self) -> str:
        """The alias that is followed."""
        return self._alias

    def current(self) -> Generation:
        """The live generation.

        Raises NotReady if no collection is live or its bundle is not in `bundles`, and what the index and the bundle
        raise: IndexUnavailable, BundleError.
        """
        # Only who has nothing to go on with waits for another thread that is looking already.
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
        """What the alias names at this very moment; waits while its bundle loads. Raises as `current` does.

        This is for who has changed an item and now brings it to the index: a change that was committed before a switch
        is in the new collection already, and one that was committed after it is sent there.
        """
        known = self._generation
        if known is not None and self._index.resolve(self._alias) == known.collection:
            return known
        with self._moving:
            collection = self._index.resolve(self._alias)
            if collection is None:
                raise NotReady("index", f"no collection is live under {self._alias!r}; build one with `pharos index`")
            known = self._generation
            if known is None or known.collection != collection:
                known = Generation(collection, self.bundle(self._bundle_of(collection)))
                self._adopt(known)
        return known

    def switch(self, generation: Generation) -> None:
        """Let the alias point to a generation's collection, and answer with it from the next request on."""
        with self._moving:
            self._index.switch(self._alias, generation.collection)
            self._adopt(generation)

    def bundle(self, bundle: str) -> Bundle:
        """A bundle by its id, ready for quick answers: the live one, or loaded now. Raises NotReady, TowersError."""
        known = self._generation
        return known.bundle if known and known.bundle.id == bundle else self._load(bundle)

    def _is_stale(self) -> bool:
        return not self._loading and time.monotonic() - self._looked_up >= self._refresh_seconds

    def _adopt(self, generation: Generation) -> None:
        self._generation = generation
        self._failure = None
        self._looked_up = time.monotonic()

    def _look_up(self) -> None:
        # Whoever moves the alias, or loads what it names, tells the outcome.
        if not self._moving.acquire(blocking=self._generation is None):
            return
        try:
            if self._follow(self._index.resolve(self._alias)):
                self._failure = None
        except UNAVAILABLE as failure:
            self._failure = failure
        finally:
            self._moving.release()
        self._looked_up = time.monotonic()

    def _follow(self, collection: str | None) -> bool:
        """Make a collection the live one; False where its bundle now loads beside the requests, and it will be soon."""
        known = self._generation
        if collection is None:
            self._generation = None
        elif known is None:
            self._adopt(Generation(collection, self.bundle(self._bundle_of(collection))))
        elif known.collection != collection:
            bundle = self._bundle_of(collection)
            if bundle != known.bundle.id:
                self._loading = True
                threading.Thread(target=self._load_beside, daemon=True).start()
                return False
            self._adopt(Generation(collection, known.bundle))
        return True

    def _load_beside(self) -> None:
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
        raise UnknownCollection(collection)

    def _load(self, bundle: str) -> Bundle:
        folder = self._bundles / bundle
        if not folder.is_dir():
            raise NotReady("bundle", f"the collection needs the bundle {bundle!r}, which is not here")
        loaded = Bundle.load(folder)
        if self._warm_up:
            loaded.warm_up()
            if loaded.text_dimensions:
                loaded.embed_text([_LONGER_TEXT])
        return loaded

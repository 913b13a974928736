"""What is live: the collection that the alias points to, together with the bundle whose vectors it holds."""

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from indexing.errors import VectorIndexError
from indexing.index import VectorIndex
from serving.errors import NotReady
from towers.bundle import Bundle
from towers.errors import TowersError

_FAILURES: Final = (VectorIndexError, TowersError, NotReady)
_LONGER_TEXT: Final = "text " * 40
"""The text model is compiled for the length of its first text, and for all lengths with the second."""


@dataclass(frozen=True)
class Generation:
    """One collection and its bundle. A request takes one at its start and is answered wholly with it."""

    collection: str
    bundle: Bundle


class Live:
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
        self._generation: Generation | None = None
        self._failure: Exception | None = None
        self._looked_up = -float("inf")
        self._loading = False

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

    def _is_stale(self) -> bool:
        return not self._loading and time.monotonic() - self._looked_up >= self._refresh_seconds

    def _look_up(self) -> None:
        try:
            if self._follow(self._index.resolve(self._alias)):
                self._failure = None
        except _FAILURES as failure:
            self._failure = failure
        self._looked_up = time.monotonic()

    def _follow(self, collection: str | None) -> bool:
        """Make a collection the live one; False where its bundle now loads beside the requests, and it will be soon."""
        known = self._generation
        if collection is None:
            self._generation = None
        elif known is None:
            self._generation = self._load(collection, self._bundle_of(collection))
        elif known.collection != collection:
            bundle = self._bundle_of(collection)
            if bundle != known.bundle.id:
                self._loading = True
                threading.Thread(target=self._load_beside, args=(collection, bundle), daemon=True).start()
                return False
            self._generation = Generation(collection, known.bundle)
        return True

    def _load_beside(self, collection: str, bundle: str) -> None:
        try:
            self._generation = self._load(collection, bundle)
            self._failure = None
        except _FAILURES as failure:
            self._failure = failure
        finally:
            self._looked_up = time.monotonic()
            self._loading = False

    def _bundle_of(self, collection: str) -> str:
        return next(info.bundle for info in self._index.collections() if info.name == collection)

    def _load(self, collection: str, bundle: str) -> Generation:
        folder = self._bundles / bundle
        if not folder.is_dir():
            raise NotReady("bundle", f"the collection {collection!r} needs the bundle {bundle!r}, which is not here")
        loaded = Bundle.load(folder)
        if self._warm_up:
            loaded.warm_up()
            if loaded.text_dimensions:
                loaded.embed_text([_LONGER_TEXT])
        return Generation(collection, loaded)

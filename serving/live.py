"""What is live: the collection that the alias points to, together with the bundle whose vectors it holds."""

import threading
import time
from dataclasses import dataclass
from pathlib import Path

from indexing.errors import VectorIndexError
from indexing.index import VectorIndex
from serving.errors import NotReady
from towers.bundle import Bundle
from towers.errors import TowersError


@dataclass(frozen=True)
class Generation:
    """One collection and its bundle. A request takes one at its start and is answered wholly with it."""

    collection: str
    bundle: Bundle


class Live:
    """Follows the alias. Safe with threads.

    index: where the alias lives. bundles: folder with one folder per bundle. refresh_seconds: how often the alias is
    looked up, and for how long a failure to do so stands. warm_up: whether a bundle is made ready for quick answers, as
    a server wants it. While a new bundle loads, requests go on with the old one.
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
        return time.monotonic() - self._looked_up >= self._refresh_seconds

    def _look_up(self) -> None:
        try:
            self._generation = self._resolve()
            self._failure = None
        except (VectorIndexError, TowersError, NotReady) as failure:
            self._failure = failure
        self._looked_up = time.monotonic()

    def _resolve(self) -> Generation | None:
        collection = self._index.resolve(self._alias)
        if collection is None or (self._generation is not None and self._generation.collection == collection):
            return self._generation if collection else None
        bundle = next(info.bundle for info in self._index.collections() if info.name == collection)
        folder = self._bundles / bundle
        if not folder.is_dir():
            raise NotReady("bundle", f"the collection {collection!r} needs the bundle {bundle!r}, which is not here")
        loaded = Bundle.load(folder)
        if self._warm_up:
            loaded.warm_up()
        return Generation(collection, loaded)

"""Reads what requests will need of a collection before they need it."""

import logging
import threading
import time
from contextlib import suppress
from typing import Final

from pharos.indexing.index import VectorIndex
from pharos.ingest.errors import PharosError
from pharos.serving.index_sync.variants import Variants
from pharos.serving.store import Store

_MOST_ITEMS: Final = 50_000
_AT_ONCE: Final = 200
_LOOK_SECONDS: Final = 1.0
_REMEMBERED: Final = 8

logger = logging.getLogger(__name__)


class ReadAhead:
    """A thread that reads the vectors of the most popular items of each collection that goes live.

    A hit is a point's number or id: which item that is, and its vector, are read when it is first met. In a collection
    that nobody has searched yet nearly every hit is, and the first requests would wait for hundreds of them each.
    What is not read here, is read when it is needed.
    """

    def __init__(self, store: Store, index: VectorIndex, variants: Variants, most_items: int = _MOST_ITEMS) -> None:
        """most_items: of a collection; so many vectors of 64 numbers take 13 MB, and a second or two to read."""
        self._store, self._index, self._variants, self._most_items = store, index, variants, most_items
        self._read: list[str] = []
        self._reading = threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._run, name="reading-ahead")
        self._thread.start()

    def close(self) -> None:
        """Stop the thread and wait for it."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()

    def read(self, collection: str) -> None:
        """Read the vectors of a collection, unless that was done before; it may not be live yet.

        Rests after each part for as long as it took, as requests are answered meanwhile. A failure ends it, and is none
        of who asked for it.
        """
        with self._reading:
            if collection in self._read:
                return
            try:
                self._read_parts(collection)
            except PharosError as error:
                logger.info("the vectors of %s are read when they are needed: %s", collection, error)
            self._read = [*self._read, collection][-_REMEMBERED:]

    def _read_parts(self, collection: str) -> None:
        items = [item.item_id for item in self._store.popular(self._most_items)]
        for start in range(0, len(items), _AT_ONCE):
            part, began = items[start : start + _AT_ONCE], time.monotonic()
            self._index.numbers.learn(part)
            self._index.vectors(collection, part, confirmed=False)
            if self._stopped.wait(time.monotonic() - began):
                return

    def _run(self) -> None:
        while not self._stopped.is_set():
            for _, live in self._variants.items():
                with suppress(PharosError):  # whoever asks for what is live is told
                    self.read(live.current().collection)
            self._stopped.wait(_LOOK_SECONDS)

"""Popular items as candidates, from the store."""

import threading
import time
from typing import Final

from pharos.serving.pipeline.answers import Candidate, Source
from pharos.serving.pipeline.requests import Selection
from pharos.serving.store import PopularItem, Store


class RetrievePopular:
    """Retrieves the most popular items. The head of the unfiltered list is cached for `keep_seconds`.

    What was hidden or deleted meanwhile leaves it at once; the order is as it was when it was counted.
    """

    _HEAD: Final = 1000

    def __init__(self, store: Store, keep_seconds: float) -> None:
        self._store = store
        self._keep_seconds = keep_seconds
        self._head: list[PopularItem] = []
        self._counted = -float("inf")
        self._revision = -1
        self._lock = threading.Lock()

    def __call__(self, limit: int, selection: Selection) -> list[Candidate]:
        """The `limit` most popular items that pass; fewer only where no more are eligible."""
        wanted = limit + len(selection.exclude)
        if selection.filter.conditions or wanted > self._HEAD:
            items = self._store.popular(wanted, selection.filter)
        else:
            items = self._kept_head()
        passing = [item for item in items if item.item_id not in selection.exclude]
        return [Candidate(item.item_id, item.score, Source.POPULAR) for item in passing[:limit]]

    def _kept_head(self) -> list[PopularItem]:
        with self._lock:
            # Before the rest is read: what changes from now on is looked at the next time.
            revision = self._store.revision()
            if time.monotonic() - self._counted >= self._keep_seconds:
                self._head = self._store.popular(self._HEAD)
                self._counted = time.monotonic()
            elif revision != self._revision:
                shown = self._store.available([item.item_id for item in self._head])
                self._head = [item for item in self._head if item.item_id in shown]
            self._revision = revision
            return self._head

"""Popular items as candidates, from the store."""

import threading
import time
from typing import Final

from pharos.serving.pipeline.answers import Candidate, Source
from pharos.serving.pipeline.requests import Selection
from pharos.serving.store import PopularItem, Store

_SPARE: Final = 10


class RetrievePopular:
    """Retrieves the most popular items. The head of the unfiltered list is cached for `keep_seconds`.

    What was hidden or deleted meanwhile leaves it at once, and it is counted anew when an item begins or ends to be
    shown by its times; else the order is as it was when it was counted.
    """

    _HEAD: Final = 1000

    def __init__(self, store: Store, keep_seconds: float) -> None:
        self._store = store
        self._keep_seconds = keep_seconds
        self._head: list[PopularItem] = []
        self._counted = -float("inf")
        self._changes: int | None = None
        self._lock = threading.Lock()

    def __call__(self, limit: int, selection: Selection) -> list[Candidate]:
        """The `limit` most popular items that pass; fewer only where no more are eligible."""
        wanted = limit + len(selection.exclude)
        if selection.filter.conditions or wanted > self._HEAD:
            items = self._store.popular(wanted, selection.filter)
        else:
            items = self._kept_head()
        passing = [item for item in items if item.item_id not in selection.exclude]
        return [Candidate(item.item_id, item.score, Source.POPULAR) for item in self._shown(passing, limit)]

    def _shown(self, items: list[PopularItem], limit: int) -> list[PopularItem]:
        """The first `limit` of the items that may be shown at this moment."""
        shown = list[PopularItem]()
        for start in range(0, len(items), limit + _SPARE):
            portion = items[start : start + limit + _SPARE]
            available = self._store.available([item.item_id for item in portion])
            shown += [item for item in portion if item.item_id in available]
            if len(shown) >= limit:
                break
        return shown[:limit]

    def _kept_head(self) -> list[PopularItem]:
        # While one counts anew, the others have what was counted before; the first ones wait for it.
        if not self._lock.acquire(blocking=not self._head):
            return self._head
        try:
            begins = self._changes is not None and time.time() >= self._changes
            if begins or time.monotonic() - self._counted >= self._keep_seconds:
                self._changes = self._store.next_change()
                self._head = self._store.popular(self._HEAD)
                self._counted = time.monotonic()
            return self._head
        finally:
            self._lock.release()

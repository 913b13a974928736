"""Popular items as candidates, from the store."""

import threading
import time
from typing import Final

from pharos.indexing.turns import given_up
from pharos.serving.pipeline.answers import Candidate, Source
from pharos.serving.pipeline.requests import Selection
from pharos.serving.store import PopularItem, Store

_SPARE: Final = 10
# Of the popular items, so many at a time are asked whether they pass a filter.
_PORTION: Final = 1000


class RetrievePopular:
    """Retrieves the most popular items. The head of the unfiltered list is cached for `keep_seconds`.

    What was hidden, deleted or changed meanwhile leaves it at once, and it is counted anew when an item begins or ends
    to be shown by its times; else the order is as it was when it was counted. With a filter the head is asked first,
    and the whole catalogue only where too few of it pass.
    """

    def __init__(self, store: Store, keep_seconds: float, head: int = 5000) -> None:
        self._store = store
        self._length = head
        self._keep_seconds = keep_seconds
        self._head: list[PopularItem] = []
        self._counted = -float("inf")
        self._changes: int | None = None
        self._lock = threading.Lock()

    def __call__(self, limit: int, selection: Selection) -> list[Candidate]:
        """The `limit` most popular items that pass; fewer only where no more are eligible."""
        wanted = limit + len(selection.exclude)
        items = self._shown(self._kept_head(), limit, selection) if wanted <= self._length else []
        if len(items) < limit and (selection.filter.conditions or wanted > self._length):
            items = self._shown(self._store.popular(wanted, selection.filter), limit, selection)
        return [Candidate(item.item_id, item.score, Source.POPULAR) for item in items]

    def _shown(self, items: list[PopularItem], limit: int, selection: Selection) -> list[PopularItem]:
        """The first `limit` of the items that may be shown at this moment and pass."""
        left = [item for item in items if item.item_id not in selection.exclude]
        filter, shown = selection.filter, list[PopularItem]()
        size = _PORTION if filter.conditions else limit + _SPARE
        for start in range(0, len(left), size):
            portion = left[start : start + size]
            ids = [item.item_id for item in portion]
            passing = self._store.passing(ids, filter) if filter.conditions else self._store.available(ids)
            shown += [item for item in portion if item.item_id in passing]
            if len(shown) >= limit:
                break
        return shown[:limit]

    def _kept_head(self) -> list[PopularItem]:
        # While one counts anew, the others have what was counted before; the first ones wait for it.
        if not self._lock.acquire(blocking=False):
            if self._head:
                return self._head
            with given_up():
                self._lock.acquire()
        try:
            begins = self._changes is not None and time.time() >= self._changes
            if begins or time.monotonic() - self._counted >= self._keep_seconds:
                self._changes = self._store.next_change()
                self._head = self._store.popular(self._length)
                self._counted = time.monotonic()
            return self._head
        finally:
            self._lock.release()

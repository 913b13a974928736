"""The quota of new items in a list, so that they are shown and get events."""

import threading
import time
from typing import Final

from pharos.indexing.filters import AnyOf, Filter
from pharos.indexing.turns import holding
from pharos.ingest.columns import Columns
from pharos.serving.pipeline.answers import Candidate, Source
from pharos.serving.pipeline.candidates import PersonSearch
from pharos.serving.pipeline.eligible import Eligible
from pharos.serving.pipeline.quota import inserted, missing
from pharos.serving.pipeline.requests import Selection
from pharos.serving.settings import Settings
from pharos.serving.store import Store

_MOST: Final = 1000
SPARE: Final = 10
"""How many more new items are asked for than a list needs, since some of them may be in it."""

_DAY: Final = 86_400


class NewItems:
    """Inserts new items. The store is asked which items are new once in `popular_seconds`: at most the newest 1000."""

    def __init__(self, store: Store, eligible: Eligible, settings: Settings) -> None:
        self._store = store
        self._eligible = eligible
        self._settings = settings
        self._ids: tuple[str, ...] = ()
        self._looked_up = -float("inf")
        self._lock = threading.Lock()

    def inserted(self, listed: list[Candidate], selection: Selection, search: PersonSearch) -> list[Candidate]:
        """The list with as many new items as the quota says, or as many as are eligible.

        New items that are in the list already count. The others are the person's best, inserted at equal distances in
        place of the last items of the list.
        """
        share = self._settings.new_share if selection.new_share is None else selection.new_share
        quota = round(share * selection.k)
        new = self._new() if quota else ()
        if not new:
            return listed
        known = set(new)

        def is_new(candidate: Candidate) -> bool:
            return candidate.item_id in known

        wanted = missing(listed, selection.k, share, is_new)
        if wanted <= 0:
            return listed
        filter = selection.filter & Filter((AnyOf(Columns.ITEM, new),))
        found = search.best(quota + SPARE, filter, Source.NEW)
        there = {candidate.item_id for candidate in listed}
        added = self._eligible(found, selection.exclude | there, wanted)
        return inserted(listed, added, selection.k, is_new)

    def _new(self) -> tuple[str, ...]:
        settings = self._settings
        with holding(self._lock):
            if time.monotonic() - self._looked_up >= settings.popular_seconds:
                since = int(time.time()) - settings.new_days * _DAY if settings.new_days else None
                self._ids = tuple(self._store.new_items(_MOST, since, settings.new_events or None))
                self._looked_up = time.monotonic()
            return self._ids

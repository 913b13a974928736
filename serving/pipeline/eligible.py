"""Which candidates may be in an answer, and how many to ask for so that enough of them remain."""

import time
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Final

from pharos.indexing.filters import AnyOf, Filter, Outside, Range
from pharos.indexing.payload import AVAILABLE, AVAILABLE_FROM, AVAILABLE_UNTIL
from pharos.serving.pipeline.answers import Candidate
from pharos.serving.store import Store

_WIDENING: Final = 4
_SPARE: Final = 10
_ASK_SECONDS: Final = 1.0
_AVAILABLE: Final = Filter((AnyOf(AVAILABLE, (True,)),))


class Eligible:
    """Keeps each item once, and none that is excluded, unavailable or deleted according to the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._asked = -float("inf")
        self._some_unavailable = self._some_out_of_time = True

    def filter(self) -> Filter:
        """Part of every search of the index: what may be shown at this moment.

        Each condition makes a search slower, those on times many times so: they are only there where they hide some
        item. The store is asked about that once a second; what changes meanwhile is held when candidates are checked.
        """
        if time.monotonic() - self._asked >= _ASK_SECONDS:
            self._some_unavailable = self._store.some_unavailable()
            self._some_out_of_time = self._store.some_out_of_time()
            self._asked = time.monotonic()
        available = _AVAILABLE if self._some_unavailable else Filter()
        if not self._some_out_of_time:
            return available
        now = int(time.time())
        too_early, too_late = Range(AVAILABLE_FROM, gt=now), Range(AVAILABLE_UNTIL, lte=now)
        return available & Filter((Outside(too_early), Outside(too_late)))

    def __call__(self, candidates: Iterable[Candidate], exclude: Collection[str], k: int) -> list[Candidate]:
        """The first k eligible candidates, in their order."""
        in_order, kept, now = each_once(candidates, exclude), list[Candidate](), time.time()
        # Nearly all are eligible, so the store is asked about little more than k of them.
        while portion := list(islice(in_order, k + _SPARE)):
            records = self._store.items([candidate.item_id for candidate in portion])
            kept += [
                candidate.eligible(record)
                for candidate in portion
                if (record := records.get(candidate.item_id)) is not None and record.shown_at(now)
            ]
            if len(kept) >= k:
                break
        return kept[:k]


def each_once(candidates: Iterable[Candidate], exclude: Collection[str]) -> Iterator[Candidate]:
    """The candidates in their order, each item once, without those to exclude."""
    met = set[str]()
    for candidate in candidates:
        if candidate.item_id not in exclude and candidate.item_id not in met:
            met.add(candidate.item_id)
            yield candidate


def widening(limit: int) -> Iterator[int]:
    """How many candidates to retrieve: `limit`, then four times as many each time too few of them were eligible."""
    while True:
        yield limit
        limit *= _WIDENING

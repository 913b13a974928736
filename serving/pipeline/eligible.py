"""Which candidates may be answered at all."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final

from pharos.serving.pipeline.answers import Candidate
from pharos.serving.pipeline.stages import Fetch
from pharos.serving.store import Store

_WIDENING: Final = 4
_SPARE: Final = 10


class Eligible:
    """Keeps what may be answered: each item once, none that is excluded, none that the store holds back or has not."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self, candidates: Iterable[Candidate], exclude: Collection[str], k: int) -> list[Candidate]:
        """The first k candidates that may stay, in their order."""
        in_order, kept = distinct(candidates, exclude), list[Candidate]()
        # Nearly all may stay, so the store is asked about little more than k of them.
        for start in range(0, len(in_order), k + _SPARE):
            portion = in_order[start : start + k + _SPARE]
            available = self._store.available([candidate.item_id for candidate in portion])
            kept += [candidate for candidate in portion if candidate.item_id in available]
            if len(kept) >= k:
                break
        return kept[:k]


def distinct(candidates: Iterable[Candidate], exclude: Collection[str]) -> list[Candidate]:
    """The candidates in their order, each item once, without those to exclude."""
    found: dict[str, Candidate] = {}
    for candidate in candidates:
        if candidate.item_id not in exclude:
            found.setdefault(candidate.item_id, candidate)
    return list(found.values())


def widen(fetch: Fetch, keep: Callable[[Sequence[Candidate]], list[Candidate]], k: int, limit: int) -> list[Candidate]:
    """The first k candidates that `keep` lets stay: asks for more, from `limit` on, until there are k or no more."""
    while True:
        found = fetch(limit)
        kept = keep(found)
        if len(kept) >= k or len(found) < limit:
            return kept[:k]
        limit *= _WIDENING

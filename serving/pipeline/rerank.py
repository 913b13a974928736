"""Which candidates may stay."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final, TypeAlias

from serving.pipeline.answers import Candidate
from serving.store import Store

Fetch: TypeAlias = Callable[[int], Sequence[Candidate]]
"""Returns at most so many candidates, best first, and fewer only where there are no more."""

_WIDENING: Final = 4


class Rerank:
    """Keeps what may be answered: each item once, none that is excluded, none that the store holds back or has not."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self, candidates: Iterable[Candidate], exclude: Collection[str]) -> list[Candidate]:
        """The candidates that may stay, in their order."""
        distinct: dict[str, Candidate] = {}
        for candidate in candidates:
            if candidate.item_id not in exclude:
                distinct.setdefault(candidate.item_id, candidate)
        available = self._store.available(list(distinct))
        return [candidate for item_id, candidate in distinct.items() if item_id in available]


def widen(fetch: Fetch, keep: Callable[[Sequence[Candidate]], list[Candidate]], k: int, limit: int) -> list[Candidate]:
    """The first k candidates that `keep` lets stay: asks for more, from `limit` on, until there are k or no more."""
    while True:
        found = fetch(limit)
        kept = keep(found)
        if len(kept) >= k or len(found) < limit:
            return kept[:k]
        limit *= _WIDENING

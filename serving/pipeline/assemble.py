"""From candidates to an answer: what all kinds of list have in common."""

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from indexing.errors import VectorIndexError
from serving.errors import NotReady
from serving.live import Generation
from serving.pipeline.answers import Answer, Candidate
from serving.pipeline.present import Present
from serving.pipeline.requests import Selection
from serving.pipeline.rerank import Fetch, Rerank, widen
from serving.pipeline.timing import Stopwatch
from serving.variants import Variants
from towers.errors import TowersError

Retrieval: TypeAlias = Callable[[Generation], Fetch]
"""How to get candidates from a generation."""

_UNAVAILABLE: Final = (VectorIndexError, TowersError, NotReady)


class Assemble:
    """Retrieves, re-ranks, fills up and presents.

    Where the index or the bundle cannot answer, the list comes from the store alone and says why. That is no error: a
    list of popular items is better than none.
    """

    def __init__(self, variants: Variants, rerank: Rerank, present: Present, candidates: int) -> None:
        self._variants = variants
        self._rerank = rerank
        self._present = present
        self._candidates = candidates

    def __call__(
        self,
        selection: Selection,
        watch: Stopwatch,
        retrieval: Retrieval,
        fallback: Fetch,
        unknown_items: tuple[str, ...] = (),
    ) -> Answer:
        """The best k of `retrieval`, and of `fallback` where it has no k."""
        generation, reason = None, None
        kept: list[Candidate] = []
        variant, live = self._variants.choose(None, selection.variant)
        try:
            generation = live.current()
            kept = self._best(retrieval(generation), selection, watch)
        except _UNAVAILABLE as error:
            generation, reason = None, str(error)
        if len(kept) < selection.k:
            kept = self._filled(kept, fallback, selection, watch)
        with watch.stage("present"):
            items = self._present(kept, selection.fields)
        return Answer(
            items=items,
            bundle=generation.bundle.id if generation else None,
            collection=generation.collection if generation else None,
            degraded_reason=reason,
            milliseconds=watch.milliseconds(),
            unknown_items=unknown_items,
            variant=variant or None,
        )

    def _best(self, fetch: Fetch, selection: Selection, watch: Stopwatch) -> list[Candidate]:
        def timed_fetch(limit: int) -> Sequence[Candidate]:
            with watch.stage("retrieve"):
                return fetch(limit)

        def keep(found: Sequence[Candidate]) -> list[Candidate]:
            with watch.stage("rerank"):
                return self._rerank(found, selection.exclude, selection.k)

        return widen(timed_fetch, keep, selection.k, max(self._candidates, selection.k))

    def _filled(
        self, kept: list[Candidate], fallback: Fetch, selection: Selection, watch: Stopwatch
    ) -> list[Candidate]:
        with watch.stage("fallback"):
            # As many as are kept may come again, and are dropped.
            return self._rerank([*kept, *fallback(selection.k + len(kept))], selection.exclude, selection.k)

"""From candidates to an answer: what all kinds of list have in common."""

from collections.abc import Sequence
from typing import Final

from pharos.indexing.errors import VectorIndexError
from pharos.serving.errors import NotReady
from pharos.serving.index_sync.variants import Variants
from pharos.serving.pipeline.answers import Answer, Candidate
from pharos.serving.pipeline.eligible import Eligible, widen
from pharos.serving.pipeline.present import Present
from pharos.serving.pipeline.requests import Selection
from pharos.serving.pipeline.stages import Fetch, Retrieval, Stages
from pharos.serving.pipeline.timing import Stopwatch
from pharos.towers.errors import TowersError

_UNAVAILABLE: Final = (VectorIndexError, TowersError, NotReady)


class Assemble:
    """Runs the three stages (retrieve, rank, re-rank), fills up and presents.

    Where the index or the bundle cannot answer, the list comes from the store alone and says why. That is no error: a
    list of popular items is better than none.
    """

    def __init__(self, variants: Variants, eligible: Eligible, present: Present, candidates: int) -> None:
        self._variants = variants
        self._eligible = eligible
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

    def plain(self, fetch: Fetch, selection: Selection) -> Stages:
        """Stages that leave the candidates in their order: the first k that may be answered."""
        return Stages(fetch, lambda candidates: self._eligible(candidates, selection.exclude, selection.k))

    def _best(self, stages: Stages, selection: Selection, watch: Stopwatch) -> list[Candidate]:
        def retrieve(limit: int) -> Sequence[Candidate]:
            with watch.stage("retrieve"):
                return stages.retrieve(limit)

        def keep(found: Sequence[Candidate]) -> list[Candidate]:
            if stages.rank is not None:
                with watch.stage("rank"):
                    found = stages.rank(found)
            with watch.stage("rerank"):
                return stages.rerank(found)

        return widen(retrieve, keep, selection.k, max(self._candidates, selection.k, stages.needed))

    def _filled(
        self, kept: list[Candidate], fallback: Fetch, selection: Selection, watch: Stopwatch
    ) -> list[Candidate]:
        with watch.stage("fallback"):
            # As many as are kept may come again, and are dropped.
            return self._eligible([*kept, *fallback(selection.k + len(kept))], selection.exclude, selection.k)

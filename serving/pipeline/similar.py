"""Similar items."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from pharos.indexing.errors import UnknownItem as NotIndexed
from pharos.indexing.index import CONTENT, NEIGHBOURS, TEXT, TOWER, Hit, Point, SourceQuery, VectorIndex
from pharos.indexing.sparse import SparseVector
from pharos.indexing.turns import Turn
from pharos.serving.errors import NotOffered, UnknownItem
from pharos.serving.index_sync.live_index import UNAVAILABLE, Generation
from pharos.serving.index_sync.variants import Variants
from pharos.serving.pipeline.answers import Answer, Candidate, Source
from pharos.serving.pipeline.eligible import Eligible, widening
from pharos.serving.pipeline.popular import RetrievePopular
from pharos.serving.pipeline.present import Present
from pharos.serving.pipeline.requests import Selection, SimilarMethod
from pharos.serving.pipeline.timing import Stopwatch
from pharos.serving.pipeline.written_alike import FindWrittenAlike
from pharos.serving.store import Store
from pharos.towers.sources.merging import DEPTH, Floats, Rows
from pharos.towers.sources.related import company, related

_VECTORS: Final = {SimilarMethod.TOWER: TOWER, SimilarMethod.TEXT: TEXT}
_NOTHING = SparseVector(np.zeros(0, np.int64), np.zeros(0, np.float32))


@dataclass(frozen=True)
class _Seed:
    """The item to find similar ones for.

    code: its dimension of the vector `neighbours`; empty for an item that training did not see. led_from: the weights
    of items that lead to it, by id. events: how many it has.
    """

    point: Point
    code: SparseVector
    led_from: Mapping[str, float]
    events: int


class FindSimilar:
    """Finds items near in the towers, with users in common, or with similar content; see `towers.sources.related`."""

    def __init__(
        self,
        variants: Variants,
        store: Store,
        index: VectorIndex,
        popular: RetrievePopular,
        eligible: Eligible,
        present: Present,
        written: FindWrittenAlike,
        least: int,
        turn: Turn,
    ) -> None:
        self._variants = variants
        self._store = store
        self._index = index
        self._popular = popular
        self._eligible = eligible
        self._present = present
        self._written = written
        self._least = least
        self._turn = turn

    def __call__(self, item_id: str, selection: Selection, method: SimilarMethod = SimilarMethod.BLEND) -> Answer:
        """A list without the item itself. Raises UnknownItem, and NotOffered for a method that cannot be asked here.

        What the blend finds is filled up to k with popular items; one method alone lists what it finds. Where the index
        or the bundle is unavailable the whole list is popular items, and the answer says why; `tfidf` and `soup` need
        neither of the two.
        """
        watch = Stopwatch()
        if self._store.item(item_id) is None:
            raise UnknownItem(item_id)
        selection = replace(selection, exclude=selection.exclude | {item_id})
        if method in (SimilarMethod.TFIDF, SimilarMethod.SOUP):
            return self._alike_in_writing(item_id, selection, method, watch)
        variant, live = self._variants.choose(None, selection.variant)
        generation: Generation | None = None
        listed, reason = list[Candidate](), None
        try:
            generation = live.current()
            if method is SimilarMethod.TEXT and not generation.bundle.text_dimensions:
                raise self._not_offered(method, has_text_model=False)
            with self._turn.taken():
                listed = self._similar(generation, item_id, selection, method, watch)
        except UNAVAILABLE as error:
            generation, reason = None, str(error)
        if len(listed) < selection.k and (method is SimilarMethod.BLEND or reason is not None):
            with watch.stage("fallback"):
                popular = self._popular(selection.k + len(listed), selection)
                listed = self._eligible([*listed, *popular], selection.exclude, selection.k)
        return self._present(listed, selection, watch, generation, variant=variant, reason=reason)

    def _alike_in_writing(self, item_id: str, selection: Selection, method: SimilarMethod, watch: Stopwatch) -> Answer:
        if method not in self._written.offered():
            raise self._not_offered(method, has_text_model=self._has_text_model())
        with watch.stage("retrieve"):
            listed = self._written(item_id, method, selection)
        return self._present(listed, selection, watch)

    def _not_offered(self, method: SimilarMethod, *, has_text_model: bool) -> NotOffered:
        always = [SimilarMethod.BLEND, SimilarMethod.TOWER, SimilarMethod.NEIGHBOURS]
        offered = [*always, *([SimilarMethod.TEXT] if has_text_model else []), *self._written.offered()]
        return NotOffered("method", method.value, f"here one of {', '.join(offered)}")

    def _has_text_model(self) -> bool:
        try:
            return self._variants.first.current().bundle.text_dimensions > 0
        except UNAVAILABLE:
            return False

    def _similar(
        self, generation: Generation, item_id: str, selection: Selection, method: SimilarMethod, watch: Stopwatch
    ) -> list[Candidate]:
        """At most k similar items."""
        with watch.stage("encode"):
            seed = self._seed(generation, item_id, selection)
        for limit in widening(max(self._least, selection.k)):
            with watch.stage("retrieve"):
                found = self._found(generation, seed, limit, selection, method)
            with watch.stage("rerank"):
                listed = self._eligible(found, selection.exclude, selection.k)
            if len(listed) >= selection.k or len(found) < limit:
                break
        return listed

    def _found(
        self, generation: Generation, seed: _Seed, limit: int, selection: Selection, method: SimilarMethod
    ) -> list[Candidate]:
        if method is SimilarMethod.BLEND:
            return self._related(generation, seed, limit, selection)
        where, passing = generation.collection, selection.filter & self._eligible.filter()
        if method is SimilarMethod.NEIGHBOURS:
            query = SourceQuery(seed.code, NEIGHBOURS, limit)
            (hits,) = self._index.search_sources(where, [query], filter=passing, exclude=selection.exclude)
            scores = dict(seed.led_from)
            for hit in hits:
                scores[hit.item_id] = scores.get(hit.item_id, 0.0) + hit.score
            best = sorted(scores.items(), key=lambda pair: -pair[1])
        else:
            hits = self._index.similar(
                where,
                seed.point.item_id,
                using=_VECTORS[method],
                limit=limit,
                filter=passing,
                exclude=selection.exclude,
                with_payload=False,
            )
            best = _scores(hits)
        return [Candidate(other, score, Source.SIMILAR) for other, score in best]

    def _seed(self, generation: Generation, item_id: str, selection: Selection) -> _Seed:
        """Raises `pharos.indexing.errors.UnknownItem` where the collection does not have it."""
        using = (TOWER, NEIGHBOURS, CONTENT)
        points = self._index.fetch(generation.collection, [item_id], with_vectors=using, with_payload=False)
        if item_id not in points:
            raise NotIndexed(item_id)
        point, catalogue = points[item_id], generation.bundle.sources.spec.items
        row = int(catalogue.codes([item_id])[0]) - 1
        code = SparseVector(np.array([row], np.int64), np.ones(1, np.float32)) if row >= 0 else _NOTHING
        incoming = point.sparse.get(NEIGHBOURS, _NOTHING)
        led_from = {
            catalogue.ids[place]: weight
            for place, weight in zip(incoming.indices.tolist(), incoming.values.tolist(), strict=True)
        }
        led_from = {other: weight for other, weight in led_from.items() if other not in selection.exclude}
        if led_from and selection.filter.conditions:
            passing = self._store.matching(list(led_from), selection.filter)
            led_from = {other: weight for other, weight in led_from.items() if other in passing}
        return _Seed(point, code, led_from, self._store.events_of(item_id))

    def _related(self, generation: Generation, seed: _Seed, limit: int, selection: Selection) -> list[Candidate]:
        """The towers find every item, and so they say whether there are more than `limit`."""
        depth = max(DEPTH, limit)
        queries = [
            SourceQuery(seed.point.vectors[TOWER], TOWER, depth),
            SourceQuery(seed.code, NEIGHBOURS, depth),
            SourceQuery(seed.point.sparse.get(CONTENT, _NOTHING), CONTENT, depth),
        ]
        taste, led_to, content = self._index.search_sources(
            generation.collection, queries, filter=selection.filter & self._eligible.filter(), exclude=selection.exclude
        )
        number: dict[str, int] = {}

        def rows(scores: Sequence[tuple[str, float]]) -> tuple[Rows, Floats]:
            places = [number.setdefault(item_id, len(number)) for item_id, _ in scores]
            return np.array(places, np.int64), np.array([score for _, score in scores], np.float32)

        lists = [
            rows(_scores(taste)),
            company(rows(_scores(led_to)), rows(list(seed.led_from.items()))),
            rows(_scores(content)),
        ]
        best, scores = related(lists, seed.events)
        ids = list(number)
        return [
            Candidate(ids[row], score, Source.SIMILAR)
            for row, score in zip(best[:limit].tolist(), scores[:limit].tolist(), strict=True)
        ]


def _scores(hits: Sequence[Hit]) -> list[tuple[str, float]]:
    return [(hit.item_id, hit.score) for hit in hits]

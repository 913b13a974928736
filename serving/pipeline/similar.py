"""Similar items."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pharos.indexing.errors import UnknownItem as NotIndexed
from pharos.indexing.index import CONTENT, NEIGHBOURS, TOWER, Hit, Point, SourceQuery, VectorIndex
from pharos.indexing.sparse import SparseVector
from pharos.serving.errors import UnknownItem
from pharos.serving.index_sync.live_index import UNAVAILABLE, Generation
from pharos.serving.index_sync.variants import Variants
from pharos.serving.pipeline.answers import Answer, Candidate, Source
from pharos.serving.pipeline.eligible import Eligible, shown_now, widening
from pharos.serving.pipeline.popular import RetrievePopular
from pharos.serving.pipeline.present import Present
from pharos.serving.pipeline.requests import Selection
from pharos.serving.pipeline.timing import Stopwatch
from pharos.serving.store import Store
from pharos.towers.sources.merging import DEPTH, Floats, Rows
from pharos.towers.sources.related import company, related

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
        least: int,
    ) -> None:
        self._variants = variants
        self._store = store
        self._index = index
        self._popular = popular
        self._eligible = eligible
        self._present = present
        self._least = least

    def __call__(self, item_id: str, selection: Selection) -> Answer:
        """A list without the item itself; popular items fill it up to k. Raises UnknownItem.

        Where the index or the bundle is unavailable the whole list is popular items, and the answer says why.
        """
        watch = Stopwatch()
        if self._store.item(item_id) is None:
            raise UnknownItem(item_id)
        selection = replace(selection, exclude=selection.exclude | {item_id})
        variant, live = self._variants.choose(None, selection.variant)
        generation: Generation | None = None
        listed, reason = list[Candidate](), None
        try:
            generation = live.current()
            listed = self._similar(generation, item_id, selection, watch)
        except UNAVAILABLE as error:
            generation, reason = None, str(error)
        if len(listed) < selection.k:
            with watch.stage("fallback"):
                popular = self._popular(selection.k + len(listed), selection)
                listed = self._eligible([*listed, *popular], selection.exclude, selection.k)
        return self._present(listed, selection, watch, generation, variant=variant, reason=reason)

    def _similar(self, generation: Generation, item_id: str, selection: Selection, watch: Stopwatch) -> list[Candidate]:
        """At most k similar items."""
        with watch.stage("encode"):
            seed = self._seed(generation, item_id, selection)
        for limit in widening(max(self._least, selection.k)):
            with watch.stage("retrieve"):
                found = self._related(generation, seed, limit, selection)
            with watch.stage("rerank"):
                listed = self._eligible(found, selection.exclude, selection.k)
            if len(listed) >= selection.k or len(found) < limit:
                break
        return listed

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
            generation.collection, queries, filter=selection.filter & shown_now(), exclude=selection.exclude
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

"""Search: items for a text query, by title, by meaning and by words."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from pharos.indexing.index import CONTENT, TEXT, FloatArray, SourceQuery, VectorIndex
from pharos.indexing.sparse import SparseVector, sparse_rows
from pharos.serving.index_sync.live_index import UNAVAILABLE, Generation
from pharos.serving.index_sync.variants import Variants
from pharos.serving.pipeline.answers import Answer, Candidate, Source
from pharos.serving.pipeline.eligible import Eligible, widening
from pharos.serving.pipeline.present import Present
from pharos.serving.pipeline.requests import Selection
from pharos.serving.pipeline.timing import Stopwatch
from pharos.serving.store import Store, TitleMatch
from pharos.towers.bundle.bundle import Bundle
from pharos.towers.sources import merging
from pharos.towers.sources.merging import DEPTH

_EXACT: Final = 1.0
_LEADS: Final = 0.75
_HOLDS: Final = 0.5


class Search:
    """Lists matching titles first, then items by meaning and words, half and half.

    All exact titles come first; titles that merely contain the words fill at most half of the list, because a query
    like "love" may be about the content as well as the title.
    """

    def __init__(
        self, variants: Variants, store: Store, index: VectorIndex, eligible: Eligible, present: Present, least: int
    ) -> None:
        self._variants = variants
        self._store = store
        self._index = index
        self._eligible = eligible
        self._present = present
        self._least = least

    def __call__(self, text: str, selection: Selection) -> Answer:
        """The list for a text. Without a text model the words alone answer; without the index, the titles alone."""
        watch = Stopwatch()
        with watch.stage("titles"):
            titles = self._titles(text, selection)
        variant, live = self._variants.choose(None, selection.variant)
        generation: Generation | None = None
        listed, reason = list[Candidate](), None
        try:
            generation = live.current()
            listed = self._matching(generation, text, titles, selection, watch)
        except UNAVAILABLE as error:
            generation, reason = None, str(error)
        if len(listed) < selection.k:
            with watch.stage("fallback"):
                more = titles[: selection.k + len(listed)]
                listed = self._eligible([*listed, *more], selection.exclude, selection.k)
        return self._present(listed, selection, watch, generation, variant=variant, reason=reason)

    def _matching(
        self, generation: Generation, text: str, titles: list[Candidate], selection: Selection, watch: Stopwatch
    ) -> list[Candidate]:
        """At most k items: titles first, then by meaning and words."""
        with watch.stage("encode"):
            queries = _queries(generation.bundle, text)
        exact = [title for title in titles if title.score == _EXACT]
        named = titles[: max(len(exact), selection.k // 2)]
        for limit in widening(max(self._least, selection.k)):
            with watch.stage("retrieve"):
                found = [*named, *self._found(generation.collection, queries, limit, selection)]
            with watch.stage("rerank"):
                listed = self._eligible(found, selection.exclude, selection.k)
            if len(listed) >= selection.k or len(found) < limit:
                break
        return listed

    def _found(
        self, collection: str, queries: Mapping[str, FloatArray | SparseVector], limit: int, selection: Selection
    ) -> list[Candidate]:
        """The best by meaning and words together."""
        lists = self._index.search_sources(
            collection,
            [SourceQuery(query, using, max(DEPTH, limit)) for using, query in queries.items()],
            filter=selection.filter & self._eligible.filter(),
            exclude=selection.exclude,
        )
        scores: dict[str, float] = {}
        for using, hits in zip(queries, lists, strict=True):
            # A cosine of meanings has no zero of its own, as those of towers, and words have one.
            source = merging.TOWER if using == TEXT else merging.CONTENT
            parts = merging.scaled(np.array([hit.score for hit in hits], np.float32), source) / len(queries)
            for hit, part in zip(hits, parts.tolist(), strict=True):
                scores[hit.item_id] = scores.get(hit.item_id, 0.0) + part
        best = sorted(scores.items(), key=lambda pair: -pair[1])
        return [Candidate(item_id, score, Source.TEXT) for item_id, score in best[:limit]]

    def _titles(self, text: str, selection: Selection) -> list[Candidate]:
        matches = self._store.find_titles(text, selection.k + len(selection.exclude), selection.filter)
        return [Candidate(match.item_id, _score(match), Source.TITLE) for match in matches]


def _queries(bundle: Bundle, text: str) -> dict[str, FloatArray | SparseVector]:
    """The text as each vector of the index is asked with it, by the vector's name."""
    queries: dict[str, FloatArray | SparseVector] = {}
    if bundle.text_dimensions:
        queries[TEXT] = bundle.embed_text([text])[0]
    queries[CONTENT] = sparse_rows(bundle.sources.encoder.encode_text(text))[0]
    return queries


def _score(match: TitleMatch) -> float:
    if match.exact:
        return _EXACT
    return _LEADS if match.leads else _HOLDS

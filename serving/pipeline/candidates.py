"""Candidate generation: what towers, neighbours and content find in the index, merged into one list."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from pharos.indexing.filters import Filter
from pharos.indexing.index import CONTENT, NEIGHBOURS, TOWER, FloatArray, Hit, SourceQuery, VectorIndex
from pharos.indexing.sparse import SparseVector, sparse_rows
from pharos.serving.index_sync.live_index import Generation
from pharos.serving.pipeline.answers import RETRIEVED, Candidate, Source
from pharos.serving.pipeline.eligible import shown_now
from pharos.serving.pipeline.encode import EncodedPerson
from pharos.serving.pipeline.requests import Selection
from pharos.towers.bundle.bundle import Bundle
from pharos.towers.sources import merging
from pharos.towers.sources.merging import DEPTH, SOURCES

USING = (TOWER, NEIGHBOURS, CONTENT)
"""The vector that each source is asked with, in the order of `pharos.towers.sources.merging`."""


@dataclass(frozen=True)
class SourceLists:
    """The hits of each source for a person.

    queries: of each source, as the index takes it. lists: best first; empty for a source that was not asked.
    """

    queries: tuple[FloatArray | SparseVector, ...]
    lists: tuple[list[Hit], ...]


@dataclass(frozen=True)
class Merged:
    """The items of all lists, best first, as in `pharos.towers.sources.retriever.Candidates`.

    parts: float32 [n, SOURCES]; score: float32 [n]; leading: int64 [n], the source that adds most.
    """

    item_ids: list[str]
    parts: FloatArray
    score: FloatArray
    leading: NDArray[np.int64]

    def first(self, count: int) -> "Merged":
        """The best of them."""
        return Merged(self.item_ids[:count], self.parts[:count], self.score[:count], self.leading[:count])


class RetrieveCandidates:
    """Asks all sources at once and merges what they find, as `pharos.towers.sources.retriever` does in memory."""

    def __init__(self, index: VectorIndex) -> None:
        self._index = index

    def __call__(
        self,
        generation: Generation,
        person: EncodedPerson,
        limit: int,
        selection: Selection,
        *,
        source: Source | None = None,
        with_vectors: bool = True,
    ) -> list[Candidate]:
        """The best candidates that pass, at most `limit`, and fewer only where there are no more.

        source: what they are said to come from, if not from the leading one. with_vectors: whether a later stage reads
        the candidates' own vectors.
        """
        found = self.ask(generation, person, limit, selection, with_vectors=with_vectors)
        merged = merge(generation.bundle, found.lists).first(limit)
        vectors = {hit.item_id: hit.vector for hits in found.lists for hit in hits}
        return [
            Candidate(item_id, score, source or RETRIEVED[leading], vectors[item_id], parts=parts)
            for item_id, score, leading, parts in zip(
                merged.item_ids, merged.score.tolist(), merged.leading.tolist(), merged.parts, strict=True
            )
        ]

    def ask(
        self, generation: Generation, person: EncodedPerson, limit: int, selection: Selection, *, with_vectors: bool
    ) -> SourceLists:
        """The list of each source, as long as `DEPTH` or `limit`.

        The towers find every item, and so they say whether there are more.
        """
        queries = source_queries(generation.bundle, person)
        asked = _asked(generation.bundle, queries)
        answers = self._index.search_sources(
            generation.collection,
            [SourceQuery(queries[source], USING[source], max(DEPTH, limit)) for source in asked],
            filter=selection.filter & shown_now(),
            exclude=selection.exclude,
            with_vectors=with_vectors,
        )
        lists: list[list[Hit]] = [[] for _ in range(SOURCES)]
        for source, hits in zip(asked, answers, strict=True):
            lists[source] = hits if source == merging.TOWER else [hit for hit in hits if hit.score > 0]
        return SourceLists(queries, tuple(lists))


@dataclass(frozen=True)
class PersonSearch:
    """Candidates for one person from one collection, for all stages of one request.

    selection: of the request. with_vectors: whether a later stage reads the candidates' own vectors.
    """

    candidates: RetrieveCandidates
    generation: Generation
    person: EncodedPerson
    selection: Selection
    with_vectors: bool

    def best(self, limit: int, filter: Filter | None = None, source: Source | None = None) -> list[Candidate]:
        """The best candidates, at most `limit`, and fewer only where there are no more.

        filter: in place of the request's. source: what they are said to come from, if not from the leading source.
        """
        selection = self.selection if filter is None else replace(self.selection, filter=filter)
        return self.candidates(
            self.generation, self.person, limit, selection, source=source, with_vectors=self.with_vectors
        )


def source_queries(bundle: Bundle, person: EncodedPerson) -> tuple[FloatArray | SparseVector, ...]:
    """The query of each source: a dense vector, then two sparse ones."""
    sparse = [bundle.sources.ask_neighbours(person.query), bundle.sources.ask_content(person.query)]
    return person.vector, *(sparse_rows(row)[0] for row in sparse)


def merge(bundle: Bundle, lists: Sequence[Sequence[Hit]]) -> Merged:
    """Merge the lists by the weights of the bundle; `lists`: the hits of each source."""
    names = [[hit.item_id for hit in hits] for hits in lists]
    ids = list(dict.fromkeys(chain.from_iterable(names)))
    number = dict(zip(ids, range(len(ids)), strict=True))
    _, parts = merging.merge(
        [
            (
                np.array(list(map(number.__getitem__, listed)), np.int64),
                np.array([hit.score for hit in hits], np.float32),
            )
            for listed, hits in zip(names, lists, strict=True)
        ]
    )
    new = unseen(bundle, ids)
    score = bundle.sources.weights.merged(parts, new)
    order = np.argsort(-score, kind="stable")
    leading = bundle.sources.weights.leading(parts, new)
    return Merged([ids[place] for place in order.tolist()], parts[order], score[order], leading[order])


def unseen(bundle: Bundle, item_ids: Sequence[str]) -> NDArray[np.bool_]:
    """Which of the items training did not see: bool [n]."""
    return ~np.fromiter(map(bundle.known_items.__contains__, item_ids), np.bool_, len(item_ids))


def _asked(bundle: Bundle, queries: Sequence[FloatArray | SparseVector]) -> list[int]:
    """The sources to ask: those that have a query and count; a ranking model reads what any of them says."""
    weights = bundle.sources.weights
    counts = weights.known.array() + weights.new.array() > 0
    return [
        source
        for source, query in enumerate(queries)
        if source == merging.TOWER or (len(query) and (counts[source] or bundle.ranker is not None))
    ]

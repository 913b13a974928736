"""Candidate generation: what towers, neighbours and content find in the index, merged into one list."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from pharos.indexing.filters import Filter
from pharos.indexing.index import CONTENT, NEIGHBOURS, TOWER, FloatArray, NumberedHits, SourceQuery, VectorIndex
from pharos.indexing.sparse import SparseVector
from pharos.serving.index_sync.live_index import Generation
from pharos.serving.pipeline.answers import RETRIEVED, Candidate, Source
from pharos.serving.pipeline.eligible import Eligible
from pharos.serving.pipeline.encode import EncodedPerson
from pharos.serving.pipeline.requests import Selection
from pharos.serving.pipeline.training_rows import TrainingRows
from pharos.towers.bundle.bundle import Bundle
from pharos.towers.sources import merging
from pharos.towers.sources.merging import DEPTH, SOURCES

USING = (TOWER, NEIGHBOURS, CONTENT)
"""The vector that each source is asked with, in the order of `pharos.towers.sources.merging`."""

_NONE = NumberedHits(np.zeros(0, np.int64), np.zeros(0, np.float32))


@dataclass(frozen=True)
class SourceLists:
    """The hits of each source for a person.

    queries: of each source, as the index takes it. lists: best first; empty for a source that was not asked.
    """

    queries: tuple[FloatArray | SparseVector, ...]
    lists: tuple[NumberedHits, ...]


@dataclass(frozen=True)
class Merged:
    """The items of all lists, best first, as arrays: objects for hundreds of candidates would cost more than ranking.

    items: int64 [n], numbers of `VectorIndex.numbers`; rows: int64 [n], in the training catalogue, -1 for new items;
    parts: float32 [n, SOURCES]; score: float32 [n]; leading: int64 [n], the source that adds most. vectors: float32
    [n, d], the item tower's; None unless asked for. ranked: whether the score is a ranking model's.
    """

    items: NDArray[np.int64]
    rows: NDArray[np.int64]
    parts: FloatArray
    score: FloatArray
    leading: NDArray[np.int64]
    vectors: FloatArray | None
    ranked: bool = False

    def __len__(self) -> int:
        return len(self.items)

    def first(self, count: int) -> "Merged":
        """The best of them."""
        return self.at(slice(count))

    def at(self, places: NDArray[np.int64] | slice) -> "Merged":
        """Those at the places, in that order."""
        return Merged(
            self.items[places],
            self.rows[places],
            self.parts[places],
            self.score[places],
            self.leading[places],
            None if self.vectors is None else self.vectors[places],
            self.ranked,
        )


class RetrieveCandidates:
    """Asks all sources at once and merges what they find, as `pharos.towers.sources.retriever` does in memory."""

    def __init__(self, index: VectorIndex, eligible: Eligible) -> None:
        self._index, self._eligible = index, eligible
        self.rows = TrainingRows(index.numbers)

    def __call__(
        self,
        generation: Generation,
        person: EncodedPerson,
        limit: int,
        selection: Selection,
        *,
        with_vectors: bool = True,
    ) -> Merged:
        """The best candidates that pass, at most `limit`, and fewer only where there are no more.

        with_vectors: whether a later stage reads the candidates' own vectors. Raises OutdatedVectors where those of the
        person's history were not confirmed, and have changed.
        """
        found = self.ask(generation, person, limit, selection, with_vectors=with_vectors)
        return self.merge(generation.bundle, found.lists).first(limit)

    def ask(
        self, generation: Generation, person: EncodedPerson, limit: int, selection: Selection, *, with_vectors: bool
    ) -> SourceLists:
        """The list of each source, as long as `DEPTH` or `limit`.

        The towers find every item, and so they say whether there are more.
        """
        queries = source_queries(generation.bundle, person)
        asked = _asked(generation.bundle, queries)
        answers = self._index.search_numbered(
            generation.collection,
            [SourceQuery(queries[source], USING[source], max(DEPTH, limit)) for source in asked],
            filter=selection.filter & self._eligible.filter(),
            exclude=selection.exclude,
            with_vectors=with_vectors,
            confirm=person.unconfirmed,
        )
        lists = [_NONE] * SOURCES
        for source, hits in zip(asked, answers, strict=True):
            lists[source] = hits if source == merging.TOWER else _above_zero(hits)
        return SourceLists(queries, tuple(lists))

    def merge(self, bundle: Bundle, lists: Sequence[NumberedHits]) -> Merged:
        """Merge the lists by the weights of the bundle; `lists`: the hits of each source."""
        items, parts, first = merging.merge_with_places([(hits.items, hits.scores) for hits in lists])
        rows = self.rows(bundle, items)
        weights, new = bundle.sources.weights, rows < 0
        score = weights.merged(parts, new)
        # Of equal ones those that an earlier source has, and has earlier, come first.
        order = np.lexsort((first, -score))
        vectors = None
        if len(items) and all(hits.vectors is not None for hits in lists if len(hits)):
            found = np.concatenate([hits.vectors for hits in lists if hits.vectors is not None and len(hits)])
            vectors = found[first[order]]
        return Merged(
            items[order], rows[order], parts[order], score[order], weights.leading(parts, new)[order], vectors
        )

    def candidates(self, merged: Merged, source: Source | None = None) -> Iterator[Candidate]:
        """As objects, made when they are read. source: what they are said to come from, if not from the leading one."""
        vectors = repeat(None) if merged.vectors is None else merged.vectors
        known = self._index.numbers.items
        return (
            Candidate(known[item], score, source or RETRIEVED[leading], vector, merged.ranked, parts=parts)
            for item, score, leading, vector, parts in zip(
                merged.items.tolist(),
                merged.score.tolist(),
                merged.leading.tolist(),
                vectors,
                merged.parts,
                strict=False,
            )
        )


@dataclass(frozen=True)
class PersonSearch:
    """Candidates for one person from one collection, for all stages of one request.

    selection: of the request. with_vectors: whether a later stage reads the candidates' own vectors.
    """

    retrieve: RetrieveCandidates
    generation: Generation
    person: EncodedPerson
    selection: Selection
    with_vectors: bool

    def merged(self, limit: int, filter: Filter | None = None) -> Merged:
        """The best candidates, at most `limit`, and fewer only where there are no more.

        filter: in place of the request's.
        """
        selection = self.selection if filter is None else replace(self.selection, filter=filter)
        return self.retrieve(self.generation, self.person, limit, selection, with_vectors=self.with_vectors)

    def best(self, limit: int, filter: Filter | None = None, source: Source | None = None) -> list[Candidate]:
        """The same as objects. source: what they are said to come from, if not from the leading source."""
        return list(self.retrieve.candidates(self.merged(limit, filter), source))


def source_queries(bundle: Bundle, person: EncodedPerson) -> tuple[FloatArray | SparseVector, ...]:
    """The query of each source: a dense vector, then two sparse ones."""
    asked = bundle.sources.neighbour_entries(person.rows), bundle.sources.content_entries(person.query, person.rows)
    return person.vector, *(SparseVector(*entries) for entries in asked)


def _above_zero(hits: NumberedHits) -> NumberedHits:
    if not len(hits) or hits.scores[-1] > 0:
        return hits
    count = int((hits.scores > 0).sum())
    vectors = None if hits.vectors is None else hits.vectors[:count]
    return NumberedHits(hits.items[:count], hits.scores[:count], vectors)


def _asked(bundle: Bundle, queries: Sequence[FloatArray | SparseVector]) -> list[int]:
    """The sources to ask: those that have a query and count; a ranking model reads what any of them says."""
    weights = bundle.sources.weights
    counts = weights.known.array() + weights.new.array() > 0
    return [
        source
        for source, query in enumerate(queries)
        if source == merging.TOWER or (len(query) and (counts[source] or bundle.ranker is not None))
    ]

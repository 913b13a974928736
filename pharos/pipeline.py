"""The pipeline in memory: candidate generation, ranking and re-ranking, as on the server, without index or store."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import numpy as np

from pharos.catalogue import Catalogue, Mask, Rows
from pharos.indexing.diversity import POOL, mmr
from pharos.people import Profile, Queries
from pharos.reranking import RerankingStep, apply
from pharos.stages import (
    CANDIDATES,
    RETRIEVED,
    Candidate,
    EncodedPerson,
    Source,
    interleave,
    relevance,
    scale,
)
from pharos.towers.bundle.bundle import Bundle
from pharos.towers.ranking.features import Retrieved
from pharos.towers.ranking.ranker import Candidates as ToRank
from pharos.towers.ranking.ranker import Ranker, rows_of
from pharos.towers.sources.merging import DEPTH, SOURCES, TOWER, Floats, merge
from pharos.towers.sources.retriever import List, Retriever

_AT_ONCE: Final = 256


@dataclass(frozen=True)
class Selection:
    """Options of a list. k: its length; allowed: bool [items], None for all; exclude: rows that are left out.

    diversity: from 0, the best items, to 1, the most diverse ones. steps: own re-ranking steps, in their order.
    """

    k: int
    allowed: Mask | None = None
    exclude: Rows = field(default_factory=lambda: np.zeros(0, np.int64))
    diversity: float = 0.0
    steps: tuple[RerankingStep, ...] = ()


@dataclass(frozen=True)
class Merged:
    """The merged candidates of one user, best first: rows int64 [m], parts float32 [m, SOURCES], score float32 [m].

    leading: int64 [m], the source that adds most to each. ranked: whether the score is the ranking model's.
    """

    rows: Rows
    parts: Floats
    score: Floats
    leading: Rows
    ranked: bool = False

    def first(self, count: int) -> "Merged":
        """The best candidates."""
        return self.at(slice(count))

    def at(self, places: Rows | slice) -> "Merged":
        """The candidates at these positions, in that order."""
        return Merged(
            self.rows[places], self.parts[places], self.score[places], self.leading[places], ranked=self.ranked
        )


@dataclass(frozen=True)
class Found:
    """The candidates of one user: the list of each source, and all lists merged."""

    person: EncodedPerson
    lists: tuple[List, ...]
    merged: Merged


class Pipeline:
    """The stages over one bundle and one catalogue."""

    def __init__(self, bundle: Bundle, catalogue: Catalogue, retriever: Retriever) -> None:
        self.bundle, self.catalogue, self.retriever = bundle, catalogue, retriever
        self._queries = Queries(catalogue, retriever, bundle.sources)

    def recommend(self, people: Sequence[Profile], selection: Selection) -> Iterator[list[Candidate]]:
        """A list of at most k items for each user, without items the user has."""
        limit = max(CANDIDATES, selection.k, POOL if selection.diversity else 0)
        for start in range(0, len(people), _AT_ONCE):
            some = people[start : start + _AT_ONCE]
            hidden = [np.concatenate([person.seen, selection.exclude]) for person in some]
            found = list(self.retrieve(some, hidden, selection.allowed, limit))
            ranked = self.rank([one.person for one in found], [one.merged.first(limit) for one in found])
            for one, merged, left_out in zip(found, ranked, hidden, strict=True):
                candidates = self._candidates(merged, None if selection.diversity or selection.steps else selection.k)
                if not one.person.query.history:
                    popular = self.popular(limit, left_out, selection.allowed)
                    candidates = _distinct(interleave(popular, candidates))
                yield self._reranked(candidates, selection)

    def retrieve(
        self, people: Sequence[Profile], hidden: Sequence[Rows], allowed: Mask | None, limit: int
    ) -> Iterator[Found]:
        """Generate candidates for each user. hidden: rows that are left out, per user."""
        for start in range(0, len(people), _AT_ONCE):
            queries = [self._queries.of(person) for person in people[start : start + _AT_ONCE]]
            users = self.bundle.encode_users(queries)
            lists = self.retriever.lists(queries, users, hidden[start : start + _AT_ONCE], allowed, max(DEPTH, limit))
            for query, user, own in zip(queries, users, lists, strict=True):
                asked = tuple(one if self._asked[source] else _NOTHING for source, one in enumerate(own))
                person = EncodedPerson(query, user, self.bundle.sources.rows(query))
                yield Found(person, asked, self.merged(asked))

    def merged(self, lists: Sequence[List]) -> Merged:
        """Merge the lists of all sources, best first."""
        rows, parts = merge(lists)
        weights, new = self.bundle.sources.weights, self.retriever.new[rows]
        score = weights.merged(parts, new)
        order = np.argsort(-score, kind="stable")
        return Merged(rows[order], parts[order], score[order], weights.leading(parts, new)[order])

    def rank(self, people: Sequence[EncodedPerson], candidates: Sequence[Merged]) -> list[Merged]:
        """The candidates of each user in the order of the ranking model, in one call of its network.

        Unchanged where there is no model, or for a person without history.
        """
        ranker, ranked = self.bundle.ranker, list(candidates)
        asked = [place for place, person in enumerate(people) if person.query.history and len(ranked[place].rows)]
        if ranker is None or not asked:
            return ranked
        scores = ranker.score_many([self._to_rank(ranker, people[place], ranked[place]) for place in asked])
        for place, score in zip(asked, scores, strict=True):
            ranked[place] = replace(ranked[place], score=score, ranked=True).at(np.argsort(-score, kind="stable"))
        return ranked

    def _to_rank(self, ranker: Ranker, person: EncodedPerson, merged: Merged) -> ToRank:
        query = ranker.query(person.query, person.vector, person.rows)
        retrieved = Retrieved(merged.score, merged.parts)
        return ToRank(query, self.training_rows[merged.rows], self.retriever.vectors[merged.rows], retrieved)

    @cached_property
    def training_rows(self) -> Rows:
        """The row of each catalogue item in the training catalogue, -1 for new items."""
        return rows_of(self.bundle.sources.spec, self.catalogue.ids)

    def user_vectors(self, people: Sequence[Profile]) -> Floats:
        """User vectors: float32 [people, d]."""
        return self.bundle.encode_users([self._queries.of(person) for person in people])

    def popular(self, limit: int, hidden: Rows, allowed: Mask | None) -> list[Candidate]:
        """The most popular items that pass the filter and are not hidden."""
        rows, scores = self.catalogue.popularity
        mask = np.ones(len(self.catalogue), bool) if allowed is None else allowed.copy()
        mask[hidden] = False
        chosen = np.flatnonzero(mask[rows])[:limit]
        ids, vectors = self.catalogue.ids, self.retriever.vectors
        return [
            Candidate(ids[row], score, Source.POPULAR, vectors[row])
            for row, score in zip(rows[chosen].tolist(), scores[chosen].tolist(), strict=True)
        ]

    def _candidates(self, merged: Merged, most: int | None) -> list[Candidate]:
        best = merged if most is None else merged.first(most)
        ids, vectors = self.catalogue.ids, self.retriever.vectors
        return [
            Candidate(ids[row], score, RETRIEVED[leading], vectors[row], best.ranked, parts=parts)
            for row, score, leading, parts in zip(
                best.rows.tolist(), best.score.tolist(), best.leading.tolist(), best.parts, strict=True
            )
        ]

    def _reranked(self, candidates: list[Candidate], selection: Selection) -> list[Candidate]:
        for step in selection.steps:
            candidates = apply(step, candidates, self.catalogue)
        if not selection.diversity:
            return candidates[: selection.k]
        # After custom steps only the order of a list tells its relevance.
        worth = relevance(candidates) if not selection.steps else np.linspace(1, 0, len(candidates), dtype=np.float32)
        pool = candidates[: max(POOL, selection.k)]
        vectors = np.stack([np.asarray(candidate.vector, np.float32) for candidate in pool]) if pool else _NO_VECTORS
        chosen = mmr(worth[: len(pool)], vectors, selection.k, selection.diversity, scale(candidates))
        return [pool[place] for place in chosen]

    @cached_property
    def _asked(self) -> list[bool]:
        """The sources to query: those with a weight, and all of them where a ranking model reads their scores."""
        weights = self.bundle.sources.weights
        counts = weights.known.array() + weights.new.array() > 0
        return [source == TOWER or bool(counts[source]) or self.bundle.ranker is not None for source in range(SOURCES)]


_NOTHING: Final[List] = (np.zeros(0, np.int64), np.zeros(0, np.float32))
_NO_VECTORS: Final = np.zeros((0, 0), np.float32)


def _distinct(candidates: Iterator[Candidate]) -> list[Candidate]:
    """Each item once, at its first place."""
    found: dict[str, Candidate] = {}
    for candidate in candidates:
        found.setdefault(candidate.item_id, candidate)
    return list(found.values())

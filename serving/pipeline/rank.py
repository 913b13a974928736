"""The second stage: the candidates in the order of the bundle's ranking model."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from serving.live import Generation
from serving.pipeline.answers import Candidate, Reason, Source
from serving.pipeline.encode import EncodedPerson
from serving.store import ItemRecord, Store

_REASONS = 3


class RankCandidates:
    """Scores all personal candidates of a request in one call; what comes from elsewhere keeps its place."""

    def __call__(
        self, generation: Generation, person: EncodedPerson, candidates: Sequence[Candidate]
    ) -> Sequence[Candidate]:
        """The same candidates; unchanged where the bundle has no ranker or the person no history."""
        ranker = generation.bundle.ranker
        places = [place for place, candidate in enumerate(candidates) if _can_be_scored(candidate)]
        if ranker is None or not person.query.history or not places:
            return candidates
        chosen = [candidates[place] for place in places]
        scores = ranker.score(
            ranker.query(person.query, person.vector), [candidate.item_id for candidate in chosen], _vectors(chosen)
        )
        order = np.argsort(-scores, kind="stable")
        ranked = [chosen[best].ranked_by(float(scores[best])) for best in order]
        ordered = list(candidates)
        for place, candidate in zip(places, ranked, strict=True):
            ordered[place] = candidate
        return ordered


class TellMore:
    """Says of the items of a list what the person would give them, and why they are there."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(
        self, generation: Generation, person: EncodedPerson, listed: Sequence[Candidate], *, explain: bool
    ) -> list[Candidate]:
        """The same items. explain: whether to name the past items that weigh most."""
        known = [place for place, candidate in enumerate(listed) if candidate.vector is not None]
        told = list(listed)
        if not known:
            return told
        vectors = _vectors([listed[place] for place in known])
        ids = [listed[place].item_id for place in known]
        ratings = generation.bundle.predict_ratings(person.query, ids, vectors)
        reasons = self._reasons(generation, person, ids, vectors) if explain else [()] * len(known)
        for row, place in enumerate(known):
            rating = None if ratings is None else round(float(ratings[row]), 2)
            told[place] = replace(told[place], predicted_rating=rating, because=reasons[row])
        return told

    def _reasons(
        self, generation: Generation, person: EncodedPerson, ids: Sequence[str], vectors: NDArray[np.float32]
    ) -> list[tuple[Reason, ...]]:
        ranker = generation.bundle.ranker
        if ranker is None or not person.query.history:
            return [()] * len(ids)
        weights = ranker.attention(ranker.query(person.query, person.vector), vectors)
        past = [event.item_id for event in person.query.history][-weights.shape[1] :]
        records = self._store.items([*ids, *dict.fromkeys(past)])
        return [
            tuple(
                _reason(records[past[place]], records.get(item_id), float(row[place]))
                for place in np.argsort(-row, kind="stable")[:_REASONS]
                if past[place] in records
            )
            for item_id, row in zip(ids, weights, strict=True)
        ]


def _can_be_scored(candidate: Candidate) -> bool:
    return candidate.source is Source.PERSONAL and candidate.vector is not None


def _vectors(candidates: Sequence[Candidate]) -> NDArray[np.float32]:
    return np.stack([np.asarray(candidate.vector, np.float32) for candidate in candidates])


def _reason(past: ItemRecord, item: ItemRecord | None, share: float) -> Reason:
    shared = {} if item is None else _shared(past.features, item.features)
    return Reason(past.item_id, past.title, round(share, 4), shared)


def _shared(one: Mapping[str, object], other: Mapping[str, object]) -> dict[str, object]:
    """The values that two items have in common: tags of both, and equal categories, flags and numbers."""
    common: dict[str, object] = {}
    for name in one.keys() & other.keys():
        mine, theirs = one[name], other[name]
        if isinstance(mine, list | tuple) and isinstance(theirs, list | tuple):
            both = [value for value in mine if value in theirs]
            if both and isinstance(both[0], str):
                common[name] = both
        elif mine == theirs:
            common[name] = mine
    return dict(sorted(common.items()))

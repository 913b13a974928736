"""The re-ranking stage: from ranked candidates to the list that a person gets."""

from collections.abc import Iterable

import numpy as np

from pharos.indexing.diversity import POOL, mmr
from pharos.indexing.index import TOWER, FloatArray, VectorIndex
from pharos.serving.pipeline.answers import Candidate
from pharos.serving.pipeline.candidates import PersonSearch
from pharos.serving.pipeline.eligible import Eligible, each_once
from pharos.serving.pipeline.new_items import NewItems
from pharos.serving.pipeline.relevance import relevance, scale
from pharos.serving.pipeline.requests import Selection
from pharos.serving.pipeline.rules import Rules
from pharos.serving.pipeline.steps import Steps


class Rerank:
    """Applies business rules, diversity and the quota of new items; each costs nothing where it is not asked for."""

    def __init__(self, index: VectorIndex, eligible: Eligible, rules: Rules, new_items: NewItems) -> None:
        self._index = index
        self._eligible = eligible
        self._rules = rules
        self._new_items = new_items

    @staticmethod
    def needed(selection: Selection) -> int:
        """The least number of candidates to re-rank."""
        return max(POOL, selection.k) if selection.diversity else selection.k

    def __call__(
        self, candidates: Iterable[Candidate], selection: Selection, search: PersonSearch, steps: Steps | None = None
    ) -> list[Candidate]:
        """A list of at most k.

        candidates: best first, from any sources; no more are read than the list needs. search: finds new and pinned
        items, which need not be among the candidates. steps: notes the list after each part.
        """
        weigh = self._rules.weigh
        if not weigh and not selection.diversity and steps is None:
            chosen = self._eligible(candidates, selection.exclude, selection.k)
            return self._pinned(self._new_items.inserted(chosen, selection, search), selection, search)
        in_order = list(each_once(candidates, selection.exclude))
        worth = relevance(in_order)
        if weigh:
            worth = worth + self._rules.weights([candidate.item_id for candidate in in_order])
            order = np.argsort(-worth, kind="stable")
            in_order, worth = [in_order[place] for place in order], worth[order]
        if selection.diversity:
            chosen = self._diverse(search.generation.collection, in_order, worth, selection)
        else:
            chosen = self._eligible(in_order, selection.exclude, selection.k)
        with_new = self._new_items.inserted(chosen, selection, search)
        listed = self._pinned(with_new, selection, search)
        if steps is not None:
            steps.reranked(in_order, chosen, with_new, listed)
        return listed

    def _diverse(
        self, collection: str, candidates: list[Candidate], worth: FloatArray, selection: Selection
    ) -> list[Candidate]:
        refused, weighed = set[str](), scale(candidates)
        while True:
            places = [place for place, candidate in enumerate(candidates) if candidate.item_id not in refused]
            places = places[: self.needed(selection)]
            pool = [candidates[place] for place in places]
            chosen = mmr(worth[places], self._vectors(collection, pool), selection.k, selection.diversity, weighed)
            picked = [pool[place] for place in chosen]
            eligible = self._eligible(picked, selection.exclude, selection.k)
            if len(eligible) == len(picked):
                return eligible
            # One that may not be answered has kept what is like it out of the list: it goes, and all choose anew.
            refused |= {candidate.item_id for candidate in picked} - {candidate.item_id for candidate in eligible}

    def _vectors(self, collection: str, candidates: list[Candidate]) -> FloatArray:
        """float32 [n, d]; zeros for an item that the collection does not hold."""
        without = [candidate.item_id for candidate in candidates if candidate.vector is None]
        points = self._index.fetch(collection, without, with_vectors=(TOWER,), with_payload=False) if without else {}
        found = {item_id: point.vectors[TOWER] for item_id, point in points.items() if TOWER in point.vectors}
        rows = [found.get(c.item_id) if c.vector is None else c.vector for c in candidates]
        length = next((len(row) for row in rows if row is not None), 0)
        nothing = np.zeros(length, np.float32)
        return np.stack([nothing if row is None else row for row in rows]) if rows else np.zeros((0, 0), np.float32)

    def _pinned(self, listed: list[Candidate], selection: Selection, search: PersonSearch) -> list[Candidate]:
        pinned = self._rules.pinned(selection, search, self._eligible)
        items = {item.item_id for item in pinned.values()}
        listed = [candidate for candidate in listed if candidate.item_id not in items]
        for place, item in sorted(pinned.items()):
            listed.insert(place - 1, item)
        return listed[: selection.k]

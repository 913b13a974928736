"""Explanations: the past items that weigh most in the score of an item."""

from collections.abc import Mapping, Sequence

import numpy as np
import scipy.sparse as sp

from pharos.indexing.index import CONTENT, NEIGHBOURS, FloatArray, Point, VectorIndex
from pharos.indexing.sparse import SparseVector
from pharos.serving.index_sync.live_index import Generation
from pharos.serving.pipeline.answers import Candidate, Reason, Source
from pharos.serving.pipeline.encode import EncodedPerson
from pharos.serving.store import ItemRecord, Store
from pharos.towers.bundle.bundle import Bundle
from pharos.towers.content.encoder import COLUMNS
from pharos.towers.content.products import products
from pharos.towers.ranking.features import attention
from pharos.towers.ranking.ranker import rank_query

_REASONS = 3
_NOTHING = SparseVector(np.zeros(0, np.int64), np.zeros(0, np.float32))


class Explain:
    """Finds for each item the past items that weigh most in its score.

    For an item of the source neighbours these are its neighbours, for one of the source content those with similar
    content, and for any other those that the ranking model attends to.
    """

    def __init__(self, store: Store, index: VectorIndex) -> None:
        self._store = store
        self._index = index

    def __call__(
        self, generation: Generation, person: EncodedPerson, items: Sequence[Candidate], vectors: FloatArray
    ) -> list[tuple[Reason, ...]]:
        """At most three reasons for each of n items, the strongest first; vectors: float32 [n, d], the item tower's."""
        if not person.query.history:
            return [()] * len(items)
        past = [event.item_id for event in person.query.history]
        shares = self._shares(generation, person, items, vectors)
        records = self._store.items([*(item.item_id for item in items), *dict.fromkeys(past)])
        return [
            tuple(
                _reason(records[past[place]], records.get(item.item_id), float(row[place]))
                for place in np.argsort(-row, kind="stable")[:_REASONS].tolist()
                if row[place] > 0 and past[place] in records
            )
            for item, row in zip(items, shares, strict=True)
        ]

    def _shares(
        self, generation: Generation, person: EncodedPerson, items: Sequence[Candidate], vectors: FloatArray
    ) -> FloatArray:
        """The weight of each past item for each item: float32 [n, l]; each row sums to 1 or is 0."""
        bundle = generation.bundle
        shares = np.zeros((len(items), len(person.query.history)), np.float32)
        attended = attention(rank_query(bundle.sources.spec, person.query, person.vector, person.rows), vectors)
        shares[:, shares.shape[1] - attended.shape[1] :] = attended
        for source, using, weigh in (
            (Source.NEIGHBOURS, NEIGHBOURS, _neighbour_weights),
            (Source.CONTENT, CONTENT, _content_similarities),
        ):
            places = [place for place, item in enumerate(items) if item.source is source]
            if places:
                ids = [items[place].item_id for place in places]
                points = self._index.fetch(generation.collection, ids, with_vectors=(using,), with_payload=False)
                weights = weigh(bundle, person, [_row(points, item_id, using) for item_id in ids])
                shares[places] = weights / np.maximum(weights.sum(axis=1, keepdims=True), np.float32(1e-20))
        return shares


def _neighbour_weights(bundle: Bundle, person: EncodedPerson, rows: Sequence[SparseVector]) -> FloatArray:
    """What each past item adds to the neighbours' score of n items: float32 [n, l].

    A past item with several events counts at its last one.
    """
    asked = bundle.sources.ask_neighbours(person.query)
    past = person.rows
    last = {row: place for place, row in enumerate(past.tolist()) if row >= 0}
    weights = np.zeros((len(rows), len(past)), np.float32)
    for row, share in zip(asked.indices.tolist(), asked.data.tolist(), strict=True):
        for item, vector in enumerate(rows):
            place = np.searchsorted(vector.indices, row)
            if place < len(vector) and vector.indices[place] == row:
                weights[item, last[row]] = share * vector.values[place]
    return np.maximum(weights, 0)


def _content_similarities(bundle: Bundle, person: EncodedPerson, rows: Sequence[SparseVector]) -> FloatArray:
    """Content similarity of each past item to n items: float32 [n, l]; each past item counts once."""
    starts = np.append(0, np.cumsum([len(row) for row in rows])).astype(np.int64)
    values = np.concatenate([row.values for row in rows])
    columns = np.concatenate([row.indices for row in rows])
    asked = sp.csr_matrix((values, columns, starts), shape=(len(rows), COLUMNS))
    similarities = products(asked, _content_vectors(bundle, person))
    last = {event.item_id: place for place, event in enumerate(person.query.history)}
    once = np.zeros(similarities.shape[1], np.float32)
    once[list(last.values())] = 1
    return np.maximum(similarities, 0) * once


def _content_vectors(bundle: Bundle, person: EncodedPerson) -> sp.csr_matrix:
    """Content vectors of the past items: float32 CSR [l, COLUMNS]."""
    content, nothing = bundle.sources.content, bundle.sources.encoder.encode_text("")
    rows = person.rows.tolist()
    past: list[sp.csr_matrix] = [
        content[row] if row >= 0 else person.query.new_content.get(event.item_id, nothing)
        for row, event in zip(rows, person.query.history, strict=True)
    ]
    return sp.csr_matrix(sp.vstack(past, format="csr"))


def _row(points: Mapping[str, Point], item_id: str, using: str) -> SparseVector:
    point = points.get(item_id)
    return _NOTHING if point is None else point.sparse.get(using, _NOTHING)


def _reason(past: ItemRecord, item: ItemRecord | None, share: float) -> Reason:
    shared = {} if item is None else _shared(past.features, item.features)
    return Reason(past.item_id, past.title, round(share, 4), shared)


def _shared(one: Mapping[str, object], other: Mapping[str, object]) -> dict[str, object]:
    """The values that two items have in common: tags of both, and equal categories, flags and numbers."""
    common: dict[str, object] = {}
    for name in one.keys() & other.keys():
        first, second = one[name], other[name]
        if isinstance(first, list | tuple) and isinstance(second, list | tuple):
            both = [value for value in first if value in second]
            if both and isinstance(both[0], str):
                common[name] = both
        elif first == second:
            common[name] = first
    return dict(sorted(common.items()))

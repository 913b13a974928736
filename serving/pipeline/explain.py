"""Why an item is in a list: the past items that brought it there."""

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
    """Names for each item the past items that weigh most in what brought it.

    Of an item by neighbours these are the ones that it is a neighbour of, of one by content those that it is like by
    what is written, and of any other those that a ranking model attends to.
    """

    def __init__(self, store: Store, index: VectorIndex) -> None:
        self._store = store
        self._index = index

    def __call__(
        self, generation: Generation, person: EncodedPerson, items: Sequence[Candidate], vectors: FloatArray
    ) -> list[tuple[Reason, ...]]:
        """For each of n items at most three reasons, the strongest first; vectors: float32 [n, d], the item tower's."""
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
        """How much each past item weighs for each item: float32 [n, l], 1 in a row, or nothing."""
        bundle = generation.bundle
        shares = np.zeros((len(items), len(person.query.history)), np.float32)
        attended = attention(rank_query(bundle.sources.spec, person.query, person.vector), vectors)
        shares[:, shares.shape[1] - attended.shape[1] :] = attended
        for source, using, weigh in (
            (Source.NEIGHBOURS, NEIGHBOURS, _company),
            (Source.CONTENT, CONTENT, _likeness),
        ):
            places = [place for place, item in enumerate(items) if item.source is source]
            if places:
                ids = [items[place].item_id for place in places]
                points = self._index.fetch(generation.collection, ids, with_vectors=(using,), with_payload=False)
                weights = weigh(bundle, person, [_row(points, item_id, using) for item_id in ids])
                shares[places] = weights / np.maximum(weights.sum(axis=1, keepdims=True), np.float32(1e-20))
        return shares


def _company(bundle: Bundle, person: EncodedPerson, rows: Sequence[SparseVector]) -> FloatArray:
    """What each past item adds to the neighbours' score of n items: float32 [n, l].

    An item that was had several times counts at its last time.
    """
    asked = bundle.sources.ask_neighbours(person.query)
    past = bundle.sources.rows(person.query)
    last = {row: place for place, row in enumerate(past.tolist()) if row >= 0}
    weights = np.zeros((len(rows), len(past)), np.float32)
    for row, share in zip(asked.indices.tolist(), asked.data.tolist(), strict=True):
        for item, vector in enumerate(rows):
            place = np.searchsorted(vector.indices, row)
            if place < len(vector) and vector.indices[place] == row:
                weights[item, last[row]] = share * vector.values[place]
    return np.maximum(weights, 0)


def _likeness(bundle: Bundle, person: EncodedPerson, rows: Sequence[SparseVector]) -> FloatArray:
    """How like each past item is to n items by what is written: float32 [n, l]; each past item counts once."""
    starts = np.append(0, np.cumsum([len(row) for row in rows])).astype(np.int64)
    values = np.concatenate([row.values for row in rows])
    columns = np.concatenate([row.indices for row in rows])
    asked = sp.csr_matrix((values, columns, starts), shape=(len(rows), COLUMNS))
    likeness = products(asked, _written(bundle, person))
    last = {event.item_id: place for place, event in enumerate(person.query.history)}
    once = np.zeros(likeness.shape[1], np.float32)
    once[list(last.values())] = 1
    return np.maximum(likeness, 0) * once


def _written(bundle: Bundle, person: EncodedPerson) -> sp.csr_matrix:
    """What is written about the past items: float32 CSR [l, COLUMNS]."""
    content, nothing = bundle.sources.content, bundle.sources.encoder.encode_text("")
    rows = bundle.sources.rows(person.query).tolist()
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
        mine, theirs = one[name], other[name]
        if isinstance(mine, list | tuple) and isinstance(theirs, list | tuple):
            both = [value for value in mine if value in theirs]
            if both and isinstance(both[0], str):
                common[name] = both
        elif mine == theirs:
            common[name] = mine
    return dict(sorted(common.items()))

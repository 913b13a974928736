"""Searches with exclusion lists of any length, the same for every engine.

Engines can exclude points by id, but hundreds of ids make that slow. So more points than wanted are fetched, and the
excluded ones are dropped. What was found stays in arrays: objects for hundreds of hits would cost more than the search.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pharos.indexing.errors import InvalidVector, UnknownItem
from pharos.indexing.filters import Filter
from pharos.indexing.index import (
    TOWER,
    FloatArray,
    Hit,
    ItemVectors,
    NumberedHits,
    Point,
    SourceQuery,
    Unconfirmed,
)
from pharos.indexing.item_numbers import ItemNumbers, PointKey
from pharos.indexing.payload import Payload
from pharos.indexing.sparse import SparseVector

# So many more points are fetched at first, and four times as many each time that this was not enough.
_FIRST: Final = 256
_GROWTH: Final = 4
_NO_HITS: Final = NumberedHits(np.zeros(0, np.int64), np.zeros(0, np.float32))


class EngineHits(NamedTuple):
    """Points that an engine found, best first.

    points: their ids, of the kind that `ItemNumbers` has. versions: int64 [n], which grow with each write to a point;
    None where the engine does not give them.
    """

    points: Sequence[PointKey]
    scores: list[float]
    versions: NDArray[np.int64] | None = None


class StoredPoint(NamedTuple):
    """A stored point, with the payload and vectors that were requested; vectors by name."""

    payload: Payload
    vectors: dict[str, FloatArray]
    sparse: dict[str, SparseVector]


@dataclass(frozen=True)
class EngineQuery:
    """One search, as it is sent to an engine. exact: see VectorIndex.search."""

    query: SourceQuery
    limit: int
    exact: bool


@dataclass
class _Row:
    """The state of the search for one vector: the next limit to ask for, and the hits so far."""

    query: SourceQuery
    exclude: Collection[str]
    exact: bool
    asked: int = 0
    found: NumberedHits = field(default=_NO_HITS)
    versions: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        self.asked = self.query.limit + min(len(self.exclude), _FIRST)
        self.exact |= isinstance(self.query.vector, SparseVector)

    @property
    def returned(self) -> str:
        """The name of the vector that is returned with the hits."""
        return TOWER if isinstance(self.query.vector, SparseVector) else self.query.using

    @property
    def can_find(self) -> bool:
        """Whether the search can have hits at all."""
        return self.query.limit > 0 and not (isinstance(self.query.vector, SparseVector) and not len(self.query.vector))

    def ask(self) -> EngineQuery:
        """The next search to send to the engine."""
        return EngineQuery(self.query, self.asked, self.exact)

    def take(self, found: EngineHits, items: NDArray[np.int64], passes: NDArray[np.bool_]) -> bool:
        """Keep eligible hits; returns whether another search is needed.

        items: the item numbers of the hits, -1 for deleted ones. passes: by number, see `_passing`.
        """
        kept = np.flatnonzero(passes[items])[: self.query.limit]
        self.found = NumberedHits(items[kept], np.array(found.scores, np.float32)[kept])
        self.versions = None if found.versions is None else found.versions[kept]
        most = self.query.limit + len(self.exclude)
        if len(kept) == self.query.limit:
            return False
        if len(items) == self.asked < most:
            self.asked = min(self.asked * _GROWTH, most)
            return True
        if self.exact:
            return False
        # An approximate index may overlook points behind a narrow filter; a scan does not.
        self.exact, self.asked = True, most
        return True


class Searching(ABC):
    """The searches of `VectorIndex`, built on two operations of an engine: nearest neighbours, and reads by id."""

    def __init__(self, *points: Callable[[str], PointKey]) -> None:
        """points: see `ItemNumbers`."""
        self._numbers = ItemNumbers(*points)

    @property
    def numbers(self) -> ItemNumbers:
        """See VectorIndex.numbers."""
        return self._numbers

    @abstractmethod
    def _nearest(
        self, collection: str, asked: Sequence[EngineQuery], filter: Filter | None, confirm: Unconfirmed | None
    ) -> list[EngineHits]:
        """For each search the `limit` points with the highest scores, best first.

        confirm: see VectorIndex.search_numbered; None from an engine whose vectors are never unconfirmed.
        """

    @abstractmethod
    def _read(
        self, collection: str, item_ids: Sequence[str], *, payload: bool | list[str], vectors: Sequence[str]
    ) -> dict[str, StoredPoint]:
        """Payloads and vectors, dense and sparse, of the items that have a point, by item id."""

    @abstractmethod
    def _item_ids(self, collection: str, points: Sequence[PointKey]) -> list[str]:
        """The items of those of the points that exist, in any order."""

    @abstractmethod
    def _vectors_of(
        self, collection: str, items: NDArray[np.int64], versions: NDArray[np.int64] | None, using: str
    ) -> tuple[FloatArray, NDArray[np.bool_]]:
        """The dense vectors of those of n items that have one, float32 [m, d], and which these are, bool [n].

        items: numbers, the same one as often as it was found; versions: as `EngineHits` has them.
        """

    @abstractmethod
    def _check_query(self, collection: str, query: SourceQuery) -> None:
        """Raise InvalidVector for a query that the collection cannot answer, as far as can be checked here."""

    def search(
        self,
        collection: str,
        vector: FloatArray | SparseVector,
        *,
        using: str = TOWER,
        limit: int,
        filter: Filter | None = None,
        exclude: Collection[str] = (),
        exact: bool = False,
        with_payload: bool = True,
        with_vectors: bool = False,
    ) -> list[Hit]:
        """See VectorIndex.search."""
        query = vector if isinstance(vector, SparseVector) else np.asarray(vector, dtype=np.float32)
        row = _Row(SourceQuery(query, using, limit), exclude, exact)
        return self._hits(collection, self._search(collection, [row], filter, with_vectors), with_payload)[0]

    def search_sources(
        self,
        collection: str,
        queries: Sequence[SourceQuery],
        *,
        filter: Filter | None = None,
        exclude: Collection[str] = (),
        with_vectors: bool = False,
    ) -> list[list[Hit]]:
        """See VectorIndex.search_sources."""
        found = self.search_numbered(collection, queries, filter=filter, exclude=exclude, with_vectors=with_vectors)
        return self._hits(collection, found, with_payload=False)

    def search_numbered(
        self,
        collection: str,
        queries: Sequence[SourceQuery],
        *,
        filter: Filter | None = None,
        exclude: Collection[str] = (),
        with_vectors: bool = False,
        confirm: Unconfirmed | None = None,
    ) -> list[NumberedHits]:
        """See VectorIndex.search_numbered."""
        rows = [_Row(query, exclude, exact=False) for query in queries]
        return self._search(collection, rows, filter, with_vectors, confirm)

    def search_many(
        self,
        collection: str,
        vectors: FloatArray,
        *,
        using: str = TOWER,
        limit: int,
        filter: Filter | None = None,
        exclude: Sequence[Collection[str]] = (),
        exact: bool = False,
        with_payload: bool = True,
        with_vectors: bool = False,
    ) -> list[list[Hit]]:
        """See VectorIndex.search_many."""
        vectors = np.asarray(vectors, dtype=np.float32)
        if vectors.ndim != 2:
            raise InvalidVector(f"query vectors must have the shape [n, length], not {list(vectors.shape)}")
        if exclude and len(exclude) != len(vectors):
            raise InvalidVector(f"{len(vectors)} query vectors with {len(exclude)} exclusions")
        excluded = exclude or [()] * len(vectors)
        rows = [
            _Row(SourceQuery(vector, using, limit), ids, exact) for vector, ids in zip(vectors, excluded, strict=True)
        ]
        return self._hits(collection, self._search(collection, rows, filter, with_vectors), with_payload)

    def similar(
        self,
        collection: str,
        item_id: str,
        *,
        using: str = TOWER,
        limit: int,
        filter: Filter | None = None,
        exclude: Collection[str] = (),
        with_payload: bool = True,
    ) -> list[Hit]:
        """See VectorIndex.similar."""
        point = self.fetch(collection, [item_id], with_vectors=[using], with_payload=False).get(item_id)
        if point is None:
            raise UnknownItem(item_id)
        vector = point.sparse[using] if using in point.sparse else point.vectors.get(using)
        if vector is None:
            return []
        return self.search(
            collection,
            vector,
            using=using,
            limit=limit,
            filter=filter,
            exclude={*exclude, item_id},
            with_payload=with_payload,
        )

    def fetch(
        self,
        collection: str,
        item_ids: Collection[str],
        *,
        with_vectors: Sequence[str] = (TOWER,),
        with_payload: bool = True,
    ) -> dict[str, Point]:
        """See VectorIndex.fetch."""
        read = self._read(collection, list(item_ids), payload=with_payload, vectors=with_vectors)
        return {
            item_id: Point(item_id, stored.vectors, stored.payload, stored.sparse) for item_id, stored in read.items()
        }

    def vectors(
        self, collection: str, item_ids: Sequence[str], *, using: str = TOWER, confirmed: bool = True
    ) -> ItemVectors:
        """See VectorIndex.vectors."""
        points = self.fetch(collection, item_ids, with_vectors=(using,), with_payload=False)
        found = [points[item_id].vectors.get(using) if item_id in points else None for item_id in item_ids]
        present = [vector for vector in found if vector is not None]
        rows = np.stack(present).astype(np.float32) if present else np.zeros((0, 0), np.float32)
        return ItemVectors(rows, np.array([vector is not None for vector in found], bool))

    def _search(
        self,
        collection: str,
        rows: list[_Row],
        filter: Filter | None,
        with_vectors: bool,
        confirm: Unconfirmed | None = None,
    ) -> list[NumberedHits]:
        asking = [row for row in rows if row.can_find]
        for row in rows:
            if row.query.limit <= 0 or row.can_find:
                self._check_query(collection, row.query)
        pending = asking
        while pending:
            answers = self._nearest(collection, [row.ask() for row in pending], filter, confirm)
            confirm = None
            items = [self._items_of(collection, found.points) for found in answers]
            pending = [
                row
                for row, found, numbers, passes in zip(pending, answers, items, self._passing(pending), strict=True)
                if row.take(found, numbers, passes)
            ]
        if with_vectors:
            for using in dict.fromkeys(row.returned for row in asking):
                self._add_vectors(collection, [row for row in asking if row.returned == using], using)
        return [row.found for row in rows]

    def _add_vectors(self, collection: str, rows: Sequence[_Row], using: str) -> None:
        """Add the vectors to the hits of the rows, all in one look-up; a hit that has none goes."""
        items = np.concatenate([row.found.items for row in rows])
        versions = [row.versions for row in rows if row.versions is not None]
        together = np.concatenate(versions) if len(versions) == len(rows) else None
        vectors, present = self._vectors_of(collection, items, together, using)
        start = taken = 0
        for row in rows:
            there = present[start : start + len(row.found)]
            start, count = start + len(row.found), int(there.sum())
            found = row.found
            row.found = NumberedHits(found.items[there], found.scores[there], vectors[taken : taken + count])
            taken += count

    def _read_vectors(
        self, collection: str, numbers: NDArray[np.int64], using: str
    ) -> tuple[NDArray[np.int64], FloatArray]:
        """See `known_vectors.Reading`."""
        asked = {self.numbers.items[number]: number for number in numbers.tolist()}
        read = self._read(collection, list(asked), payload=False, vectors=(using,))
        found = {asked[item_id]: point.vectors[using] for item_id, point in read.items() if using in point.vectors}
        rows = np.stack(list(found.values())).astype(np.float32) if found else np.zeros((0, 0), np.float32)
        return np.fromiter(found, np.int64, len(found)), rows

    def _passing(self, rows: Sequence[_Row]) -> Iterator[NDArray[np.bool_]]:
        """For each search a mask of the items that are not excluded, by number; the last entry is for unknown items."""
        last: Collection[str] | None = None
        passes = np.zeros(0, bool)
        for row in rows:
            if row.exclude is not last:  # the searches of one request exclude the same items
                last, excluded = row.exclude, self.numbers.of_items(row.exclude)
                passes = np.ones(len(self.numbers) + 1, bool)
                passes[-1], passes[excluded] = False, False
            yield passes

    def _items_of(self, collection: str, points: Sequence[PointKey]) -> NDArray[np.int64]:
        """The item number of each point; -1 for points that were deleted since they were found."""
        items = self.numbers.of_points(points)
        if len(items) and items.min() < 0:
            unknown = [points[place] for place in np.flatnonzero(items < 0).tolist()]
            self.numbers.learn(self._item_ids(collection, unknown))
            items = self.numbers.of_points(points)
        return items

    def _hits(self, collection: str, found: Sequence[NumberedHits], with_payload: bool) -> list[list[Hit]]:
        """The hits as objects, without items that were deleted since they were found."""
        names = [[self.numbers.items[number] for number in hits.items.tolist()] for hits in found]
        payloads: dict[str, Payload] = {}
        if with_payload and any(names):
            met = list(dict.fromkeys(item_id for listed in names for item_id in listed))
            read = self._read(collection, met, payload=True, vectors=())
            payloads = {item_id: stored.payload for item_id, stored in read.items()}
        return [
            [
                Hit(item_id, score, payloads.get(item_id, {}), vector)
                for item_id, score, vector in zip(
                    listed,
                    hits.scores.tolist(),
                    [None] * len(listed) if hits.vectors is None else hits.vectors,
                    strict=True,
                )
                if not with_payload or item_id in payloads
            ]
            for listed, hits in zip(names, found, strict=True)
        ]

"""Searching with exclusions of any length, the same for every engine.

Engines can exclude points by id, but hundreds of ids make that slow. So more points than wanted are fetched, without
their payload, the excluded ones are dropped, and only the survivors are read, where there is anything to read of them.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from uuid import UUID

import numpy as np

from pharos.indexing.errors import InvalidVector, UnknownItem
from pharos.indexing.filters import Filter
from pharos.indexing.index import TOWER, FloatArray, Hit, Point, SourceQuery
from pharos.indexing.payload import Payload
from pharos.indexing.point_ids import KnownIds, point_id
from pharos.indexing.sparse import SparseVector
from pharos.ingest.columns import Columns

# Up to so many more points are read with their payload at once: cheaper than a second request.
_DIRECT: Final = 32
# So many more points are fetched at first, and four times as many each time that this was not enough.
_FIRST: Final = 256
_GROWTH: Final = 4


class Scored(NamedTuple):
    """A point as an engine found it; payload and vector are None where they were not asked for."""

    id: UUID
    score: float
    payload: Payload | None = None
    vector: FloatArray | None = None


class Stored(NamedTuple):
    """What an engine holds of a point, as far as it was asked for; vectors by name."""

    payload: Payload
    vectors: dict[str, FloatArray]
    sparse: dict[str, SparseVector]


@dataclass(frozen=True)
class Asked:
    """One search, as an engine is asked. exact: see VectorIndex.search."""

    query: SourceQuery
    limit: int
    exact: bool

    @property
    def returned(self) -> str:
        """Which vector of the points comes with the hits."""
        return TOWER if isinstance(self.query.vector, SparseVector) else self.query.using


@dataclass(frozen=True)
class Wanted:
    """Which points are eligible, and what to return of them.

    vector: whether to return `Asked.returned`; a point that has none is left out.
    """

    filter: Filter | None
    payload: bool | list[str] = False
    vector: bool = False


@dataclass
class _Row:
    """The search for one vector: what it still has to ask for, and what it found."""

    query: SourceQuery
    excluded: frozenset[int]
    exact: bool
    asked: int = 0
    found: list[Scored] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.asked = self.query.limit + min(len(self.excluded), _FIRST)
        self.exact |= isinstance(self.query.vector, SparseVector)

    @property
    def empty(self) -> bool:
        """Whether the vector has no entries, so that no collection need be asked."""
        return isinstance(self.query.vector, SparseVector) and not len(self.query.vector)

    def ask(self) -> Asked:
        """What to ask the engine now."""
        return Asked(self.query, self.asked, self.exact)

    def take(self, scored: list[Scored]) -> bool:
        """Keep what is eligible; returns whether to ask again."""
        limit = self.query.limit
        excluded = self.excluded
        self.found = ([point for point in scored if point.id.int not in excluded] if excluded else scored)[:limit]
        most = limit + len(self.excluded)
        if len(self.found) == limit:
            return False
        if len(scored) == self.asked < most:
            self.asked = min(self.asked * _GROWTH, most)
            return True
        if self.exact:
            return False
        # An approximate index may overlook points behind a narrow filter; a scan does not.
        self.exact, self.asked = True, most
        return True


class Searching(ABC):
    """The searches of `VectorIndex`, made of what an engine can do: plain nearest neighbours, and reading by id."""

    def __init__(self) -> None:
        self._known_ids = KnownIds()

    @abstractmethod
    def _nearest(self, collection: str, asked: Sequence[Asked], wanted: Wanted) -> list[list[Scored]]:
        """For each search the `limit` points of highest score, best first."""

    @abstractmethod
    def _read(
        self, collection: str, ids: Sequence[UUID], *, payload: bool | list[str], vectors: Sequence[str]
    ) -> dict[UUID, Stored]:
        """Payload and vectors, dense and sparse, of the points that exist."""

    @abstractmethod
    def _check_query(self, collection: str, query: SourceQuery) -> None:
        """Raise InvalidVector for a query that the collection cannot answer, as far as that can be told here."""

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
        row = _Row(SourceQuery(query, using, limit), _excluded(exclude), exact)
        return self._search(collection, [row], filter, with_payload, with_vectors)[0]

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
        excluded = _excluded(exclude)
        rows = [_Row(query, excluded, exact=False) for query in queries]
        return self._search(collection, rows, filter, with_payload=False, with_vectors=with_vectors)

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
        excluded = list(map(_excluded, exclude)) or [_excluded(())] * len(vectors)
        rows = [
            _Row(SourceQuery(vector, using, limit), ids, exact) for vector, ids in zip(vectors, excluded, strict=True)
        ]
        return self._search(collection, rows, filter, with_payload, with_vectors)

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
        ids = {item_id: point_id(item_id) for item_id in item_ids}
        read = self._read(collection, list(ids.values()), payload=with_payload, vectors=with_vectors)
        return {
            item_id: Point(item_id, read[id].vectors, read[id].payload, read[id].sparse)
            for item_id, id in ids.items()
            if id in read
        }

    def _search(
        self, collection: str, rows: list[_Row], filter: Filter | None, with_payload: bool, with_vectors: bool
    ) -> list[list[Hit]]:
        asking = [row for row in rows if not row.empty]
        for row in asking:
            self._check_query(collection, row.query)
        asking = [row for row in asking if row.query.limit > 0]
        longest = max((len(row.excluded) for row in asking), default=0)
        # To read a few hundred vectors too many costs less than to ask twice.
        if not with_payload and (not with_vectors or longest <= _FIRST):
            self._fill(collection, asking, Wanted(filter, vector=with_vectors))
            return self._plain_hits(collection, rows)
        fields: bool | list[str] = True if with_payload else [Columns.ITEM]
        if longest <= _DIRECT:
            self._fill(collection, asking, Wanted(filter, fields, with_vectors))
        else:
            self._fill(collection, asking, Wanted(filter))
            self._complete(collection, asking, fields, with_vectors)
        return [[_hit(point, with_payload) for point in row.found if point.payload is not None] for row in rows]

    def _fill(self, collection: str, rows: list[_Row], wanted: Wanted) -> None:
        pending = rows
        while pending:
            answers = self._nearest(collection, [row.ask() for row in pending], wanted)
            pending = [row for row, scored in zip(pending, answers, strict=True) if row.take(scored)]

    def _plain_hits(self, collection: str, rows: Sequence[_Row]) -> list[list[Hit]]:
        """What was found, without payload."""
        found = [point for row in rows for point in row.found]
        items = iter(self._items_of(collection, [point.id for point in found]))
        return [
            [Hit(item, point.score, {}, point.vector) for point in row.found if (item := next(items)) is not None]
            for row in rows
        ]

    def _items_of(self, collection: str, points: Sequence[UUID]) -> list[str | None]:
        """The item of each point; None for one that was deleted since it was found."""
        items = self._known_ids.of(points)
        unknown = {point for point, item in zip(points, items, strict=True) if item is None}
        if not unknown:
            return items
        told: dict[UUID, str] = {}
        for id, stored in self._read(collection, list(unknown), payload=[Columns.ITEM], vectors=()).items():
            told[id] = stored.payload[Columns.ITEM]
            self._known_ids.learn(id, told[id])
        return [told.get(point) if item is None else item for point, item in zip(points, items, strict=True)]

    def _complete(self, collection: str, rows: list[_Row], payload: bool | list[str], with_vectors: bool) -> None:
        names = {row.ask().returned for row in rows} if with_vectors else set[str]()
        ids = list({point.id for row in rows for point in row.found})
        read = self._read(collection, ids, payload=payload, vectors=list(names))
        for row in rows:
            name = row.ask().returned
            # A point that was deleted since it was found is not there any more.
            row.found = [
                point._replace(payload=read[point.id].payload, vector=read[point.id].vectors.get(name))
                for point in row.found
                if point.id in read and (not with_vectors or name in read[point.id].vectors)
            ]


def _excluded(item_ids: Collection[str]) -> frozenset[int]:
    """The points of the items, as numbers: those have a quicker hash than UUIDs."""
    return frozenset(point_id(item_id).int for item_id in item_ids)


def _hit(point: Scored, with_payload: bool) -> Hit:
    payload = point.payload or {}
    return Hit(payload[Columns.ITEM], point.score, payload if with_payload else {}, point.vector)

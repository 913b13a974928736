"""Searching with exclusions of any length, the same for every engine.

Engines can exclude points by id, but hundreds of ids make that slow. So more points than wanted are fetched, without
their payload, the excluded ones are dropped, and only the survivors are read, where there is anything to read of them.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

import numpy as np

from indexing.errors import InvalidVector, UnknownItem
from indexing.filters import Filter
from indexing.index import TOWER, FloatArray, Hit, Point
from indexing.payload import Payload
from indexing.point_ids import KnownIds, point_id
from ingest.columns import Columns

# Up to so many more points are read with their payload at once: cheaper than a second request.
_DIRECT: Final = 32
# So many more points are fetched at first, and four times as many each time that this was not enough.
_FIRST: Final = 256
_GROWTH: Final = 4


@dataclass(frozen=True)
class Scored:
    """A point as an engine found it; payload and vector are None where they were not asked for."""

    id: UUID
    score: float
    payload: Payload | None = None
    vector: FloatArray | None = None


@dataclass(frozen=True)
class Nearest:
    """What to find for each vector, and what to return of it."""

    using: str
    filter: Filter | None
    exact: bool
    payload: bool | list[str] = False
    vector: bool = False


@dataclass
class _Row:
    """The search for one vector: what it still has to ask for, and what it found."""

    vector: FloatArray
    excluded: frozenset[UUID]
    limit: int
    asked: int
    exact: bool
    found: list[Scored] = field(default_factory=list)

    def take(self, scored: list[Scored]) -> bool:
        """Keep what is eligible; returns whether to ask again."""
        self.found = [point for point in scored if point.id not in self.excluded][: self.limit]
        most = self.limit + len(self.excluded)
        if len(self.found) == self.limit:
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
    def _nearest(
        self, collection: str, vectors: Sequence[FloatArray], limits: Sequence[int], wanted: Nearest
    ) -> list[list[Scored]]:
        """For each vector the `limit` points of highest score, best first."""

    @abstractmethod
    def _read(
        self, collection: str, ids: Sequence[UUID], *, payload: bool | list[str], vectors: Sequence[str]
    ) -> dict[UUID, tuple[Payload, dict[str, FloatArray]]]:
        """Payload and vectors of the points that exist."""

    @abstractmethod
    def _check_queries(self, collection: str, vectors: FloatArray, using: str) -> None:
        """Raise InvalidVector for queries that the collection cannot answer."""

    def search(
        self,
        collection: str,
        vector: FloatArray,
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
        return self.search_many(
            collection,
            np.asarray(vector, dtype=np.float32)[np.newaxis],
            using=using,
            limit=limit,
            filter=filter,
            exclude=[exclude],
            exact=exact,
            with_payload=with_payload,
            with_vectors=with_vectors,
        )[0]

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
        if exclude and len(exclude) != len(vectors):
            raise InvalidVector(f"{len(vectors)} query vectors with {len(exclude)} exclusions")
        vectors = np.asarray(vectors, dtype=np.float32)
        self._check_queries(collection, vectors, using)
        if limit < 1:
            return [[] for _ in vectors]
        excluded = [frozenset(map(point_id, ids)) for ids in exclude] or [frozenset[UUID]()] * len(vectors)
        rows = [
            _Row(vector, ids, limit, asked=limit + min(len(ids), _FIRST), exact=exact)
            for vector, ids in zip(vectors, excluded, strict=True)
        ]
        wanted = Nearest(using, filter, exact)
        longest = max(map(len, excluded), default=0)
        # To read a few hundred vectors too many costs less than to ask twice.
        if not with_payload and (not with_vectors or longest <= _FIRST):
            self._fill(collection, rows, replace(wanted, vector=with_vectors))
            return [
                [
                    Hit(item, point.score, {}, point.vector)
                    for item, point in zip(self._items_of(collection, row.found), row.found, strict=True)
                    if item is not None
                ]
                for row in rows
            ]
        fields: bool | list[str] = True if with_payload else [Columns.ITEM]
        if longest <= _DIRECT:
            self._fill(collection, rows, replace(wanted, payload=fields, vector=with_vectors))
        else:
            self._fill(collection, rows, wanted)
            self._complete(collection, rows, fields, [using] if with_vectors else [])
        return [[_hit(point, with_payload) for point in row.found if point.payload is not None] for row in rows]

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
        if using not in point.vectors:
            return []
        return self.search(
            collection,
            point.vectors[using],
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
            item_id: Point(item_id, vectors=read[id][1], payload=read[id][0])
            for item_id, id in ids.items()
            if id in read
        }

    def _fill(self, collection: str, rows: list[_Row], wanted: Nearest) -> None:
        # Rows that turned to a scan cannot share a request with those that did not.
        pending = rows
        while pending:
            exact = pending[0].exact
            now = [row for row in pending if row.exact == exact]
            later = [row for row in pending if row.exact != exact]
            answers = self._nearest(
                collection, [row.vector for row in now], [row.asked for row in now], replace(wanted, exact=exact)
            )
            again = [row for row, scored in zip(now, answers, strict=True) if row.take(scored)]
            pending = again + later

    def _items_of(self, collection: str, points: Sequence[Scored]) -> list[str | None]:
        """The item of each point; None for one that was deleted since it was found."""
        items = [self._known_ids.get(point.id) for point in points]
        unknown = [point.id for point, item in zip(points, items, strict=True) if item is None]
        if not unknown:
            return items
        for id, (payload, _) in self._read(collection, unknown, payload=[Columns.ITEM], vectors=()).items():
            self._known_ids.learn(id, payload[Columns.ITEM])
        return [self._known_ids.get(point.id) for point in points]

    def _complete(self, collection: str, rows: list[_Row], payload: bool | list[str], vectors: Sequence[str]) -> None:
        ids = list({point.id for row in rows for point in row.found})
        read = self._read(collection, ids, payload=payload, vectors=vectors)
        for row in rows:
            # A point that was deleted since it was found is not there any more.
            row.found = [
                replace(point, payload=read[point.id][0], vector=next(iter(read[point.id][1].values()), None))
                for point in row.found
                if point.id in read
            ]


def _hit(point: Scored, with_payload: bool) -> Hit:
    payload = point.payload or {}
    return Hit(payload[Columns.ITEM], point.score, payload if with_payload else {}, point.vector)

"""The vector index: the interface that every engine implements, and its types."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pharos.indexing.filters import Filter
from pharos.indexing.item_numbers import ItemNumbers
from pharos.indexing.payload import Payload, PayloadType
from pharos.indexing.sparse import SparseVector

FloatArray: TypeAlias = NDArray[np.float32]

TOWER: Final = "tower"
"""The name of the item tower's vector: for retrieval and similar items."""
TEXT: Final = "text"
"""The name of the text model's vector: for search by meaning."""
NEIGHBOURS: Final = "neighbours"
"""The name of the sparse vector of an item's weights from other items: a dimension is an item."""
CONTENT: Final = "content"
"""The name of the sparse vector of an item's words and labels: a dimension is one of those."""

ABSENT: Final = -2
"""In place of the version of a point that does not exist."""


@dataclass(frozen=True)
class Point:
    """An item in a collection.

    vectors: by name, float32 of the lengths in CollectionSpec; a name may be absent (an item without text), and such an
        item is not found by that vector. payload: JSON values; the engine adds item_id if it is not there. sparse: by
        name, of those in CollectionSpec; where a name is absent, or has no entries, the item is not found by it.
    """

    item_id: str
    vectors: Mapping[str, FloatArray]
    payload: Payload
    sparse: Mapping[str, SparseVector] = field(default_factory=dict)


class Hit(NamedTuple):
    """A search result. score: the dot product. payload, vector: empty and None unless requested.

    A tuple, because a request makes a thousand of them and discards most.
    """

    item_id: str
    score: float
    payload: Payload
    vector: FloatArray | None = None


@dataclass(frozen=True)
class Unconfirmed:
    """Vectors that were read at another time. versions: int64 [n], those of the items' points then, ABSENT for none."""

    item_ids: Sequence[str]
    versions: NDArray[np.int64]
    using: str
    length: int


@dataclass(frozen=True)
class ItemVectors:
    """The dense vectors of those of n items that have one.

    rows: float32 [m, d]. present: bool [n], the items that they are of. unconfirmed: None where none can be outdated.
    """

    rows: FloatArray
    present: NDArray[np.bool_]
    unconfirmed: Unconfirmed | None = None


@dataclass(frozen=True)
class NumberedHits:
    """The hits of a search as arrays, best first.

    items: int64 [n], numbers of `VectorIndex.numbers`. scores: float32 [n]. vectors: float32 [n, d], None unless asked
    for.
    """

    items: NDArray[np.int64]
    scores: FloatArray
    vectors: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True)
class SourceQuery:
    """One of several searches in a request: the `limit` points whose vector `using` has the highest dot product."""

    vector: FloatArray | SparseVector
    using: str
    limit: int


@dataclass(frozen=True)
class CollectionSpec:
    """The vectors and payload fields of a collection to create.

    vectors: length by name. payload_fields: the fields to filter by. bundle: id of the bundle whose vectors it holds.
    sparse: the names of the sparse vectors.
    """

    vectors: Mapping[str, int]
    payload_fields: Mapping[str, PayloadType]
    bundle: str
    sparse: tuple[str, ...] = ()


@dataclass(frozen=True)
class CollectionInfo:
    """What is known of a collection. live_at: when an alias was last pointed to it; None if never."""

    name: str
    bundle: str
    count: int
    created_at: datetime
    live_at: datetime | None


class VectorIndex(Protocol):
    """Collections of points that are searched by vector, and aliases that name the live collection.

    Wherever a method takes a collection, an alias does too, except where noted. Scores are dot products: with
    L2-normalised vectors the cosine. Safe to use from many threads; not to be carried over a fork.
    Every method may raise IndexUnavailable, and UnknownCollection where it names one.
    """

    @property
    def numbers(self) -> ItemNumbers:
        """The item numbers that `search_numbered` returns, the same for all collections while the index is open."""
        ...

    def create(self, collection: str, spec: CollectionSpec) -> None:
        """Create an empty collection. Raises CollectionExists, InvalidName.

        Until an alias points to it the collection counts as being built: `build.prune` drops it as the remains of a
        build that died, and so does the embedded engine when it opens.
        """

    def upsert(self, collection: str, points: Sequence[Point]) -> None:
        """Insert or replace points; when this returns, searches find them.

        Raises InvalidVector, before anything is written, for a vector with NaN or infinity, of an unknown name or
        another length, or with sparse indices that are negative, too high or do not ascend.
        """

    def set_payload(self, collection: str, item_id: str, payload: Payload) -> None:
        """Change the named payload fields of an item and no others; None removes a field. Raises UnknownItem."""

    def delete(self, collection: str, item_ids: Collection[str]) -> None:
        """Delete items; unknown ones are ignored."""

    def count(self, collection: str, filter: Filter | None = None) -> int:
        """The exact count of points, or of those that pass the filter."""
        ...

    def optimize(self, collection: str) -> None:
        """Optimise a collection for searching and wait until that is done; useful after a bulk upsert."""

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
        """The `limit` points of highest score, best first; fewer only where no more are eligible.

        vector: float32 [length of `using`], or sparse where `using` is. using: which vector of the points is compared.
        filter: as `filters.check` returns it. exclude: item ids to leave out, any number of them. exact: scan instead
        of using an approximate index. with_vectors: each hit has its vector `using`, or its TOWER where `using` is
        sparse. Raises InvalidVector, also where the collection has no vector of that name.
        A sparse search is always exact, and finds no point of score 0: what shares no dimension with the query. So it
        often finds fewer than `limit`, and none, unasked, for a vector without entries.
        """
        ...

    def search_sources(
        self,
        collection: str,
        queries: Sequence[SourceQuery],
        *,
        filter: Filter | None = None,
        exclude: Collection[str] = (),
        with_vectors: bool = False,
    ) -> list[list[Hit]]:
        """As `search` for each query, in one round trip; hits come without payload.

        with_vectors: each hit has the vector that it has in `search`.
        """
        ...

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
        """As `search_sources`, with the hits of each query as arrays: ten times cheaper for hundreds of hits.

        confirm: vectors that went into the queries. Raises OutdatedVectors where one of them has changed.
        """
        ...

    def vectors(
        self, collection: str, item_ids: Sequence[str], *, using: str = TOWER, confirmed: bool = True
    ) -> ItemVectors:
        """The dense vectors of the items that have one.

        confirmed: False where a search follows that confirms them, and may find them outdated: then what was read
        before is good enough, and no call is made for it.
        """
        ...

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
        """As `search` for each row of dense vectors, float32 [n, length].

        exclude: none, or one collection for each row.
        """
        ...

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
        """As `search` by the item's own vector, dense or sparse, without the item itself.

        Empty if the item has no such vector. Raises UnknownItem.
        """
        ...

    def fetch(
        self,
        collection: str,
        item_ids: Collection[str],
        *,
        with_vectors: Sequence[str] = (TOWER,),
        with_payload: bool = True,
    ) -> dict[str, Point]:
        """The points of these items by id; unknown items are left out.

        with_vectors: names of dense and sparse vectors; one that the item or the collection does not have is absent.
        """
        ...

    def persist(self, collection: str) -> None:
        """Flush all writes to the collection to disk, so that they survive a power cut.

        A Qdrant server does so by itself every few seconds and cannot be asked to: with one this does nothing.
        """

    def collections(self) -> list[CollectionInfo]:
        """Every complete collection, oldest first."""
        ...

    def drop(self, collection: str) -> None:
        """Drop a collection (by its own name). Raises CollectionInUse if an alias points to it."""

    def resolve(self, alias: str) -> str | None:
        """The collection that the alias points to, or None."""
        ...

    def switch(self, alias: str, collection: str) -> None:
        """Point the alias to the collection (by its own name), in one atomic and durable step."""

    def ready(self) -> None:
        """Return if the engine answers; raise IndexUnavailable with the reason otherwise."""

    def close(self) -> None:
        """Close the index; no method may be called afterwards."""

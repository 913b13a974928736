"""Validates vectors before an engine sees them: the engines accept NaN like any other number."""

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from pharos.indexing.errors import InvalidVector
from pharos.indexing.index import FloatArray, Point, SourceQuery
from pharos.indexing.sparse import MOST_INDEX, SparseVector


def check_points(points: Sequence[Point], lengths: Mapping[str, int], sparse: Collection[str] = ()) -> None:
    """Raise InvalidVector, naming the item, for a vector of the wrong name, length or content.

    lengths: of each dense vector by name. sparse: the names of the sparse ones.
    """
    for point in points:
        owner = f"item {point.item_id!r}"
        if not point.vectors:
            raise InvalidVector(f"{owner} has no vector; known: {', '.join(lengths)}")
        for name, vector in point.vectors.items():
            _check(owner, name, vector, lengths, sparse)
        for name, entries in point.sparse.items():
            _check(owner, name, entries, lengths, sparse)


def check_query(query: SourceQuery, lengths: Mapping[str, int], sparse: Collection[str]) -> None:
    """Raise InvalidVector for a query that does not fit the collection's vector of that name."""
    _check("query", query.using, query.vector, lengths, sparse)


def check_query_alone(query: SourceQuery) -> None:
    """Raise InvalidVector for a query that fits no collection at all."""
    if isinstance(query.vector, SparseVector):
        _check("query", query.using, query.vector, {}, (query.using,))
    else:
        _check("query", query.using, query.vector, {query.using: query.vector.size}, ())


def _check(
    owner: str, name: str, vector: FloatArray | SparseVector, lengths: Mapping[str, int], sparse: Collection[str]
) -> None:
    if name not in lengths and name not in sparse:
        raise InvalidVector(f"{owner}: there is no vector {name!r}; known: {', '.join([*lengths, *sparse])}")
    if isinstance(vector, SparseVector):
        if name not in sparse:
            raise InvalidVector(f"{owner}: vector {name!r} is dense, not sparse")
        _check_entries(owner, name, vector)
        values = vector.values
    else:
        if name not in lengths:
            raise InvalidVector(f"{owner}: vector {name!r} is sparse, not dense")
        if vector.shape != (lengths[name],):
            raise InvalidVector(f"{owner}: vector {name!r} has the shape {list(vector.shape)}, not [{lengths[name]}]")
        values = vector
    if not np.isfinite(values).all():
        raise InvalidVector(f"{owner}: vector {name!r} holds NaN or infinity")


def _check_entries(owner: str, name: str, vector: SparseVector) -> None:
    indices, values = vector.indices, vector.values
    if indices.ndim != 1 or indices.shape != values.shape:
        raise InvalidVector(
            f"{owner}: vector {name!r} has indices of the shape {list(indices.shape)}, values of {list(values.shape)}"
        )
    if not len(indices):
        return
    if indices.dtype.kind not in "iu":
        raise InvalidVector(f"{owner}: vector {name!r} has indices of the type {indices.dtype}, not integers")
    if (indices[1:] <= indices[:-1]).any():
        raise InvalidVector(f"{owner}: vector {name!r} has indices that do not ascend, each once")
    if indices[0] < 0 or indices[-1] > MOST_INDEX:
        raise InvalidVector(f"{owner}: vector {name!r} has indices outside of 0 to {MOST_INDEX}")


def batched(points: Sequence[Point], *, max_bytes: int) -> Iterator[list[Point]]:
    """The points in order, in batches of about max_bytes (as JSON, the longer form) or of one point."""
    batch: list[Point] = []
    size = 0
    for point in points:
        weight = _weight(point)
        if batch and size + weight > max_bytes:
            yield batch
            batch, size = [], 0
        batch.append(point)
        size += weight
    if batch:
        yield batch


def _weight(point: Point) -> int:
    # A float takes up to 12 characters and so does an index; text at most four bytes a character.
    numbers = sum(map(len, point.vectors.values())) + 2 * sum(map(len, point.sparse.values()))
    return 12 * numbers + 4 * len(repr(point.payload))

"""Checks of what goes into an index: the engines take NaN for a number like any other."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from indexing.errors import InvalidVector
from indexing.index import FloatArray, Point


def check_points(points: Sequence[Point], lengths: Mapping[str, int]) -> None:
    """Raise InvalidVector, naming the item, for a vector that does not fit. lengths: of each vector by name."""
    for point in points:
        if not point.vectors:
            raise InvalidVector(f"item {point.item_id!r} has no vector; known: {', '.join(lengths)}")
        for name, vector in point.vectors.items():
            _check(f"item {point.item_id!r}", name, vector, lengths)


def check_queries(vectors: FloatArray, using: str, lengths: Mapping[str, int]) -> None:
    """Raise InvalidVector for query vectors (float32 [n, length]) that do not fit the vector named `using`."""
    if vectors.ndim != 2:
        raise InvalidVector(f"query vectors must have the shape [n, length], not {list(vectors.shape)}")
    for vector in vectors:
        _check("query", using, vector, lengths)


def _check(owner: str, name: str, vector: FloatArray, lengths: Mapping[str, int]) -> None:
    if name not in lengths:
        raise InvalidVector(f"{owner}: there is no vector {name!r}; known: {', '.join(lengths)}")
    if vector.shape != (lengths[name],):
        raise InvalidVector(f"{owner}: vector {name!r} has the shape {list(vector.shape)}, not [{lengths[name]}]")
    if not np.isfinite(vector).all():
        raise InvalidVector(f"{owner}: vector {name!r} holds NaN or infinity")


def batched(points: Sequence[Point], *, max_bytes: int) -> Iterator[list[Point]]:
    """The points in order, in batches of about max_bytes (as JSON, the longer form) or of one point."""
    batch: list[Point] = []
    size = 0
    for point in points:
        # A float takes up to 12 characters; text at most four bytes a character.
        weight = 12 * sum(len(vector) for vector in point.vectors.values()) + 4 * len(repr(point.payload))
        if batch and size + weight > max_bytes:
            yield batch
            batch, size = [], 0
        batch.append(point)
        size += weight
    if batch:
        yield batch

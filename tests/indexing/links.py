"""The clock again, with sparse vectors: each item points to the next with weight 1, to the one before with a quarter.

So of what follows three o'clock only 2 (that points forwards to it) and 4 (that points backwards) know anything. The
odd items also share the last dimension there can be, each with its own hour as the value.
"""

from dataclasses import replace

import numpy as np

from pharos.indexing.index import CONTENT, NEIGHBOURS, CollectionSpec, Point, VectorIndex
from pharos.indexing.sparse import MOST_INDEX, SparseVector
from tests.indexing.clock import HOURS, SPEC, point

LINKED: CollectionSpec = replace(SPEC, sparse=(NEIGHBOURS, CONTENT))


def entries(weights: dict[int, float]) -> SparseVector:
    """The vector of these values by dimension."""
    return SparseVector(
        np.array(sorted(weights), np.int64), np.array([weights[i] for i in sorted(weights)], np.float32)
    )


def linked(hour: int) -> Point:
    """The item of a full hour."""
    sparse = {NEIGHBOURS: entries({(hour + 1) % HOURS: 1.0, (hour - 1) % HOURS: 0.25})}
    if hour % 2:
        sparse[CONTENT] = entries({MOST_INDEX: float(hour)})
    return replace(point(hour), sparse=sparse)


def fill_linked(index: VectorIndex, collection: str = "links") -> str:
    """Create a collection with the twelve items; returns its name."""
    index.create(collection, LINKED)
    index.upsert(collection, [linked(hour) for hour in range(HOURS)])
    return collection

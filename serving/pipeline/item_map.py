"""The catalogue in two dimensions: principal components of the item tower's vectors."""

import threading
import time
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pharos.indexing.index import TOWER, FloatArray, VectorIndex
from pharos.serving.index_sync.live_index import Generation
from pharos.serving.store import ItemRecord, Store

_MOST: Final = 10_000
_BATCH: Final = 1000
_EDGE: Final = 99.0  # the percentile of the distances from the middle that comes to stand at 1


@dataclass(frozen=True)
class Projection:
    """From tower vectors to places.

    mean: float32 [d]; axes: float32 [d, 2]; scale: of the places; explained: the share of the variance that they hold.
    """

    mean: FloatArray
    axes: FloatArray
    scale: float
    explained: float

    def __call__(self, vectors: FloatArray) -> FloatArray:
        """The places of n vectors: float32 [n, 2], most of them within the circle of radius 1."""
        return np.asarray((vectors - self.mean) @ self.axes / self.scale, np.float32)


@dataclass(frozen=True)
class MapOfItems:
    """n items of a collection, the most popular of them where there are too many.

    records: their titles and features. places: float32 [n, 2]; vectors: float32 [n, d], the item tower's. total: how
    many items the collection holds.
    """

    collection: str
    bundle: str
    records: tuple[ItemRecord, ...]
    places: FloatArray
    vectors: FloatArray
    projection: Projection
    total: int


class DrawMap:
    """Makes the map of a collection once; new and changed items come into it after `keep_seconds`.

    The projection of a collection stays, so that nothing jumps about when an item is added.
    """

    def __init__(self, store: Store, index: VectorIndex, keep_seconds: float) -> None:
        self._store = store
        self._index = index
        self._keep_seconds = keep_seconds
        self._lock = threading.Lock()
        self._map: MapOfItems | None = None
        self._revision = -1
        self._drawn = -float("inf")

    def __call__(self, generation: Generation) -> MapOfItems:
        """The map of what is live. Raises what the index and the store raise."""
        with self._lock:
            known = self._map
            if known is not None and known.collection == generation.collection:
                if time.monotonic() - self._drawn < self._keep_seconds or self._store.revision() == self._revision:
                    return known
                projection: Projection | None = known.projection
            else:
                projection = None
            self._revision = self._store.revision()
            self._map = self._draw(generation, projection)
            self._drawn = time.monotonic()
            return self._map

    def _draw(self, generation: Generation, projection: Projection | None) -> MapOfItems:
        ids = self._ids()
        vectors = dict[str, NDArray[np.float32]]()
        records = dict[str, ItemRecord]()
        for start in range(0, len(ids), _BATCH):
            some = ids[start : start + _BATCH]
            points = self._index.fetch(generation.collection, some, with_vectors=(TOWER,), with_payload=False)
            vectors.update({name: point.vectors[TOWER] for name, point in points.items() if TOWER in point.vectors})
            records.update(self._store.items(some))
        shown = [item_id for item_id in ids if item_id in vectors and item_id in records]
        rows = np.zeros((len(shown), generation.bundle.dimensions), np.float32)
        for row, item_id in enumerate(shown):
            rows[row] = vectors[item_id]
        projection = projection or _principal(rows)
        return MapOfItems(
            collection=generation.collection,
            bundle=generation.bundle.id,
            records=tuple(records[item_id] for item_id in shown),
            places=projection(rows),
            vectors=rows,
            projection=projection,
            total=self._index.count(generation.collection),
        )

    def _ids(self) -> list[str]:
        """The most popular items, then others: at most 10,000."""
        ids = dict.fromkeys(item.item_id for item in self._store.popular(_MOST))
        if len(ids) < _MOST:
            for frame in self._store.item_frames():
                ids.update(dict.fromkeys(frame["item_id"].tolist()))
                if len(ids) >= _MOST:
                    break
        return list(ids)[:_MOST]


def _principal(vectors: FloatArray) -> Projection:
    """The two directions of most variance (Pearson 1901), from the eigenvectors of the covariance.

    The sign of each is set so that its largest weight is positive: the same vectors always give the same map.
    """
    dimensions = vectors.shape[1]
    if len(vectors) < 2 or dimensions < 2:
        return Projection(np.zeros(dimensions, np.float32), np.eye(dimensions, 2, dtype=np.float32), 1.0, 0.0)
    mean = vectors.mean(axis=0)
    centred = (vectors - mean).astype(np.float64)
    values, directions = np.linalg.eigh(centred.T @ centred)
    axes = directions[:, ::-1][:, :2]
    axes = axes * np.where(axes[np.abs(axes).argmax(axis=0), [0, 1]] < 0, -1.0, 1.0)
    distances = np.linalg.norm(centred @ axes, axis=1)
    scale = float(np.percentile(distances, _EDGE)) or 1.0
    explained = float(values[::-1][:2].sum() / max(values.sum(), 1e-12))
    return Projection(mean.astype(np.float32), axes.astype(np.float32), scale, round(explained, 4))

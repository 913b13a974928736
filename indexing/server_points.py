"""Converts points to the types of Qdrant's client."""

from typing import Any

from qdrant_client import models

from pharos.indexing.index import CollectionSpec, Point
from pharos.indexing.point_ids import point_uuid
from pharos.indexing.sparse import SparseVector
from pharos.ingest.columns import Columns


def vector_params(spec: CollectionSpec) -> dict[str, models.VectorParams]:
    """The dense vector parameters of a new collection."""
    return {name: models.VectorParams(size=size, distance=models.Distance.DOT) for name, size in spec.vectors.items()}


def sparse_params(spec: CollectionSpec) -> dict[str, models.SparseVectorParams] | None:
    """The sparse vector parameters of a new collection; None if it has none."""
    index = models.SparseIndexParams(on_disk=False)
    return {name: models.SparseVectorParams(index=index) for name in spec.sparse} or None


def point_struct(point: Point) -> models.PointStruct:
    """A point as the client takes it."""
    vectors: dict[str, Any] = {name: vector.tolist() for name, vector in point.vectors.items()}
    vectors.update((name, _sparse(vector)) for name, vector in point.sparse.items() if len(vector))
    return models.PointStruct(
        id=str(point_uuid(point.item_id)), vector=vectors, payload={**point.payload, Columns.ITEM: point.item_id}
    )


def _sparse(vector: SparseVector) -> models.SparseVector:
    return models.SparseVector(indices=vector.indices.tolist(), values=vector.values.tolist())

"""Converts points, queries and vectors to and from the types of Qdrant's client."""

from typing import Any, Final

import numpy as np
from qdrant_client import models

from pharos.indexing.index import CollectionSpec, FloatArray, Point
from pharos.indexing.point_ids import point_uuid
from pharos.indexing.searching import EngineQuery, StoredPoint
from pharos.indexing.sparse import SparseVector
from pharos.ingest.columns import Columns

_SEARCH_WIDTH: Final = 256


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


def query_request(asked: EngineQuery, filter: Any, *, with_vector: bool) -> models.QueryRequest:
    """A search as the client takes it. filter: see `qdrant_filters.translate`."""
    vector = asked.query.vector
    return models.QueryRequest(
        query=_sparse(vector) if isinstance(vector, SparseVector) else vector.tolist(),
        using=asked.query.using,
        filter=filter,
        params=models.SearchParams(hnsw_ef=_SEARCH_WIDTH, exact=asked.exact),
        limit=asked.limit,
        with_payload=False,
        with_vector=[asked.returned] if with_vector else False,
    )


def read_record(record: models.Record | models.ScoredPoint) -> StoredPoint:
    """A stored point, from the server's record."""
    vectors: dict[str, FloatArray] = {}
    sparse: dict[str, SparseVector] = {}
    found: Any = record.vector or {}
    for name, vector in found.items():
        if isinstance(vector, models.SparseVector):
            sparse[name] = SparseVector(np.array(vector.indices, np.int64), np.array(vector.values, np.float32))
        else:
            vectors[name] = np.asarray(vector, dtype=np.float32)
    return StoredPoint(record.payload or {}, vectors, sparse)


def _sparse(vector: SparseVector) -> models.SparseVector:
    return models.SparseVector(indices=vector.indices.tolist(), values=vector.values.tolist())

"""Converts points, queries and vectors to and from the types of Qdrant's client."""

from enum import StrEnum
from typing import Any, Final

import numpy as np
from qdrant_client import models

from pharos.indexing.index import CollectionSpec, FloatArray, Point
from pharos.indexing.point_ids import point_id
from pharos.indexing.searching import EngineQuery, StoredPoint
from pharos.indexing.sparse import SparseVector
from pharos.ingest.columns import Columns

_SEARCH_WIDTH: Final = 256
# Half of the points behind a filter cost a graph more of its recall than a wider search costs of time.
_FILTERED_WIDTH: Final = 512
# One bit a number says too little of a shorter vector: it gets a byte.
_SHORTEST_FOR_BITS: Final = 256


class Quantization(StrEnum):
    """What a server keeps in memory of each number of a vector.

    none: all four bytes. scalar: one byte. binary: one bit of vectors of 256 numbers and more, one byte of shorter
    ones. The whole vectors of a quantized collection are on the disk, and what a search finds is scored again by them.
    """

    NONE = "none"
    SCALAR = "scalar"
    BINARY = "binary"


# So many times more points are found, and scored again by their whole vectors. In a collection that is not quantized
# it changes nothing, so that one from before a change of the setting is searched well enough.
_OVERSAMPLING: Final = {Quantization.NONE: 3.0, Quantization.SCALAR: 3.0, Quantization.BINARY: 10.0}
_EXACT: Final = models.SearchParams(exact=True)


def _usual(quantization: Quantization, *, filtered: bool) -> models.SearchParams:
    rescored = models.QuantizationSearchParams(rescore=True, oversampling=_OVERSAMPLING[quantization])
    return models.SearchParams(
        hnsw_ef=_FILTERED_WIDTH if filtered else _SEARCH_WIDTH, exact=False, quantization=rescored
    )


_PARAMS: Final = {
    (quantization, filtered): _usual(quantization, filtered=filtered)
    for quantization in Quantization
    for filtered in (False, True)
}


def vector_params(
    spec: CollectionSpec, quantization: Quantization = Quantization.NONE
) -> dict[str, models.VectorParams]:
    """The dense vector parameters of a new collection."""
    return {
        name: models.VectorParams(
            size=size,
            distance=models.Distance.DOT,
            quantization_config=_quantized(quantization, size),
            on_disk=None if quantization is Quantization.NONE else True,
        )
        for name, size in spec.vectors.items()
    }


def _quantized(quantization: Quantization, size: int) -> models.ScalarQuantization | models.BinaryQuantization | None:
    if quantization is Quantization.NONE:
        return None
    if quantization is Quantization.BINARY and size >= _SHORTEST_FOR_BITS:
        return models.BinaryQuantization(binary=models.BinaryQuantizationConfig(always_ram=True))
    scalar = models.ScalarQuantizationConfig(type=models.ScalarType.INT8, always_ram=True)
    return models.ScalarQuantization(scalar=scalar)


def sparse_params(spec: CollectionSpec) -> dict[str, models.SparseVectorParams] | None:
    """The sparse vector parameters of a new collection; None if it has none."""
    index = models.SparseIndexParams(on_disk=False)
    return {name: models.SparseVectorParams(index=index) for name in spec.sparse} or None


def point_struct(point: Point) -> models.PointStruct:
    """A point as the client takes it."""
    vectors: dict[str, Any] = {name: vector.tolist() for name, vector in point.vectors.items()}
    vectors.update((name, _sparse(vector)) for name, vector in point.sparse.items() if len(vector))
    return models.PointStruct(
        id=str(point_id(point.item_id)), vector=vectors, payload={**point.payload, Columns.ITEM: point.item_id}
    )


def query_request(
    asked: EngineQuery, filter: Any, *, with_vector: bool, quantization: Quantization = Quantization.NONE
) -> models.QueryRequest:
    """A search as the client takes it. filter: see `qdrant_filters.translate`. quantization: of the collection."""
    vector = asked.query.vector
    return models.QueryRequest(
        query=_sparse(vector) if isinstance(vector, SparseVector) else vector.tolist(),
        using=asked.query.using,
        filter=filter,
        params=_EXACT if asked.exact else _PARAMS[quantization, filter is not None],
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

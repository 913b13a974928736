"""Converts points to the types of Qdrant's client."""

from enum import StrEnum
from typing import Any, Final

from qdrant_client import models

from pharos.indexing.index import CollectionSpec, Point
from pharos.indexing.point_ids import point_uuid
from pharos.indexing.search_width import LONG
from pharos.indexing.sparse import SparseVector
from pharos.ingest.columns import Columns

# One bit a number says too little of a shorter vector: it gets a byte.
_SHORTEST_FOR_BITS: Final = 256

# Groups up to this size are scanned, where a filter passes no more; the graph gets links for larger ones. By default it
# is 10 MB, which for texts is so few points that the links of one field cost twice the graph. See "What a
# server's graph of filters costs" in docs/experiments.md.
_LONG_GRAPH: Final = models.HnswConfigDiff(full_scan_threshold=32_000)


class Quantization(StrEnum):
    """What a server keeps in memory of each number of a vector.

    none: all four bytes. scalar: one byte. binary: one bit of vectors of 256 numbers and more, one byte of shorter
    ones. The whole vectors of a quantized collection are on the disk, and what a search finds is scored again by them.
    """

    NONE = "none"
    SCALAR = "scalar"
    BINARY = "binary"


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
            hnsw_config=_LONG_GRAPH if size >= LONG else None,
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
        id=str(point_uuid(point.item_id)), vector=vectors, payload={**point.payload, Columns.ITEM: point.item_id}
    )


def _sparse(vector: SparseVector) -> models.SparseVector:
    return models.SparseVector(indices=vector.indices.tolist(), values=vector.values.tolist())

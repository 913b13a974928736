"""Converts points, queries and shards to and from the types of Qdrant Edge."""

from collections.abc import Collection
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import numpy as np
import qdrant_edge
from qdrant_edge import (
    Distance,
    EdgeConfig,
    EdgeOptimizersConfig,
    EdgeShard,
    EdgeSparseVectorParams,
    EdgeVectorParams,
    FloatIndexParams,
    HnswIndexConfig,
    IntegerIndexParams,
    KeywordIndexParams,
    Memory,
    Query,
    QueryRequest,
    SearchParams,
    UpdateOperation,
)

from pharos.indexing.embedded_flags import shown, stored
from pharos.indexing.index import CollectionSpec, FloatArray, Point
from pharos.indexing.payload import PayloadType
from pharos.indexing.point_ids import point_number, point_uuid
from pharos.indexing.qdrant_filters import payload_key
from pharos.indexing.search_width import search_width
from pharos.indexing.searching import EngineQuery, StoredPoint
from pharos.indexing.sparse import SparseVector
from pharos.ingest.columns import Columns

SCAN_UP_TO_POINTS: Final = 50_000
"""Up to here a scan of all vectors is exact and takes a millisecond or less; a graph would take minutes to build."""

SETTLE_FROM_POINTS: Final = 1_000
"""From here a finished collection is rewritten for reading, so that it opens quickly: 50,000 points in .2 s, not 4.5.

Until then the engine builds the index of sparse vectors anew, in memory, whenever it opens them.
"""

_HNSW: Final = HnswIndexConfig(m=16, ef_construct=128, full_scan_threshold=10_000)
_NO_GRAPH: Final = HnswIndexConfig(m=0, ef_construct=128, full_scan_threshold=10_000)
# Of vectors: the engine counts their bytes, where `optimize` of the index has counted points.
_LEAST_KILOBYTES: Final = 1
# From files that are mapped into memory: as fast to search as what is read into it, opened in half the time, and the
# system can take the memory back.
_MAPPED: Final = Memory.Cached
_FIELD_INDEXES: Final[dict[PayloadType, KeywordIndexParams | FloatIndexParams | IntegerIndexParams]] = {
    PayloadType.KEYWORD: KeywordIndexParams(memory=_MAPPED),
    PayloadType.FLOAT: FloatIndexParams(memory=_MAPPED),
    PayloadType.INTEGER: IntegerIndexParams(memory=_MAPPED, lookup=False, range=True),
    PayloadType.BOOLEAN: IntegerIndexParams(memory=_MAPPED, lookup=True, range=False),
}


def new_shard(path: Path, spec: CollectionSpec) -> EdgeShard:
    """Create an empty shard in an existing folder, which `optimize` makes no graph for."""
    shard = EdgeShard.create(str(path), shard_config(spec, graph=False))
    for field, kind in spec.payload_fields.items():
        shard.update(UpdateOperation.create_field_index(payload_key(field), _FIELD_INDEXES[kind]))
    shard.flush()
    return shard


def shard_config(spec: CollectionSpec, *, graph: bool) -> EdgeConfig:
    """The engine's settings of a collection. graph: whether `optimize` builds one for each dense vector."""
    return EdgeConfig(
        vectors={name: EdgeVectorParams(length, Distance.Dot) for name, length in spec.vectors.items()},
        sparse_vectors={name: EdgeSparseVectorParams(memory=_MAPPED) for name in spec.sparse},
        hnsw_config=_HNSW if graph else _NO_GRAPH,
        optimizers=EdgeOptimizersConfig(indexing_threshold=_LEAST_KILOBYTES),
    )


def edge_id(item_id: str, *, numbered: bool) -> int | UUID:
    """The id of an item's point. numbered: of the collection's manifest."""
    return point_number(item_id) if numbered else point_uuid(item_id)


def edge_point(point: Point, flags: Collection[str], *, numbered: bool) -> qdrant_edge.Point:
    """A point as Qdrant Edge takes it. flags: see `embedded_flags`. numbered: see `edge_id`."""
    # A list for a dense vector, because the engine reads an array three times as slowly.
    vectors: dict[str, Any] = {name: vector.tolist() for name, vector in point.vectors.items()}
    vectors.update((name, _edge_sparse(vector)) for name, vector in point.sparse.items() if len(vector))
    payload = {**stored(point.payload, flags), Columns.ITEM: point.item_id}
    return qdrant_edge.Point(edge_id(point.item_id, numbered=numbered), vectors, payload)


def edge_request(asked: EngineQuery, filter: Any, *, filtered: bool) -> QueryRequest:
    """A search as Qdrant Edge takes it. filter: see `qdrant_filters.translate`. filtered: by more than `only_shown`."""
    vector = asked.query.vector
    query = _edge_sparse(vector) if isinstance(vector, SparseVector) else vector.tolist()
    return QueryRequest(
        limit=asked.limit,
        query=Query.Nearest(query, using=asked.query.using),
        filter=filter,
        params=SearchParams(hnsw_ef=search_width(asked, filtered=filtered, linked=True), exact=asked.exact),
        with_payload=False,
        with_vector=False,
    )


def read_record(record: qdrant_edge.Record, flags: Collection[str]) -> StoredPoint:
    """A stored point, from the engine's record."""
    vectors: dict[str, FloatArray] = {}
    sparse: dict[str, SparseVector] = {}
    found: Any = record.vector or {}
    for name, vector in found.items():
        if isinstance(vector, qdrant_edge.SparseVector):
            sparse[name] = SparseVector(np.array(vector.indices, np.int64), np.array(vector.values, np.float32))
        else:
            vectors[name] = np.asarray(vector, dtype=np.float32)
    return StoredPoint(shown(record.payload, flags), vectors, sparse)


def _edge_sparse(vector: SparseVector) -> qdrant_edge.SparseVector:
    # It reads a view of the memory in half the time that a list takes to be made and read.
    return qdrant_edge.SparseVector(memoryview(vector.indices), memoryview(vector.values))  # type: ignore[arg-type]

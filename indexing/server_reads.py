"""Searches and look-ups on a Qdrant server as plain JSON."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from qdrant_client import models

from pharos.indexing.index import ABSENT, FloatArray, Unconfirmed
from pharos.indexing.point_ids import point_uuid
from pharos.indexing.search_width import search_width
from pharos.indexing.searching import EngineHits, EngineQuery, StoredPoint
from pharos.indexing.server_http import JsonConnection
from pharos.indexing.server_points import Quantization
from pharos.indexing.sparse import SparseVector

# So many times more points are found, and scored again by their whole vectors. In a collection that is not quantized
# it changes nothing, so that one from before a change of the setting is searched well enough.
_OVERSAMPLING: Final = {Quantization.NONE: 3.0, Quantization.SCALAR: 3.0, Quantization.BINARY: 10.0}
_EXACT: Final = {"exact": True}


def search_bodies(
    asked: Sequence[EngineQuery], filter: models.Filter | None, quantization: Quantization, *, filtered: bool
) -> list[dict[str, Any]]:
    """The searches as the server takes them.

    filter: see `qdrant_filters.translate`. quantization: of the collection. filtered: see `search_width`.
    """
    shown = None if filter is None else filter.model_dump(mode="json", exclude_none=True)
    rescored = {"rescore": True, "oversampling": _OVERSAMPLING[quantization]}
    return [
        _search_body(
            search,
            shown,
            {
                "hnsw_ef": search_width(search, filtered=filtered, linked=False),
                "exact": False,
                "quantization": rescored,
            },
        )
        for search in asked
    ]


def search_points(connection: JsonConnection, collection: str, bodies: list[dict[str, Any]]) -> list[EngineHits]:
    """Run the searches, each with its hits, best first. Raises what `JsonConnection.post` raises."""
    answers = connection.post(collection, "/points/query/batch", {"searches": bodies})
    return [_hits(answer["points"]) for answer in answers]


def confirming_body(confirm: Unconfirmed) -> dict[str, Any]:
    """A search that finds just these points, with their versions, which a look-up does not tell."""
    return _versions_body([str(point_uuid(item_id)) for item_id in confirm.item_ids], confirm.using, confirm.length)


def outdated(confirm: Unconfirmed, found: EngineHits) -> bool:
    """Whether a point has another version by now. found: by the search of `confirming_body`."""
    assert found.versions is not None, "the server gives them with every hit"
    versions = dict(zip(found.points, found.versions.tolist(), strict=True))
    points = (str(point_uuid(item_id)) for item_id in confirm.item_ids)
    return any(
        versions.get(point, ABSENT) != then for point, then in zip(points, confirm.versions.tolist(), strict=True)
    )


def read_versions(
    connection: JsonConnection, collection: str, ids: list[str], using: str, length: int
) -> list[tuple[str, int, FloatArray]]:
    """Id, version and vector of the points that exist and have it. Raises what `JsonConnection.post` raises."""
    body = {**_versions_body(ids, using, length), "with_vector": [using]}
    (answer,) = connection.post(collection, "/points/query/batch", {"searches": [body]})
    return [(point["id"], point["version"], np.array(point["vector"][using], np.float32)) for point in answer["points"]]


def _versions_body(ids: list[str], using: str, length: int) -> dict[str, Any]:
    return {
        "query": [0.0] * length,
        "using": using,
        "filter": {"must": [{"has_id": ids}]},
        "params": _EXACT,
        "limit": len(ids),
        "with_payload": False,
        "with_vector": False,
    }


def read_points(
    connection: JsonConnection, collection: str, ids: list[str], payload: bool | list[str], vectors: Sequence[str]
) -> list[dict[str, Any]]:
    """The points that exist, as JSON; see `read_record`. Raises what `JsonConnection.post` raises."""
    body = {"ids": ids, "with_payload": payload, "with_vector": list(vectors)}
    found: list[dict[str, Any]] = connection.post(collection, "/points", body)
    return found


def read_record(record: dict[str, Any]) -> StoredPoint:
    """A stored point, from the server's JSON."""
    vectors: dict[str, FloatArray] = {}
    sparse: dict[str, SparseVector] = {}
    for name, vector in (record.get("vector") or {}).items():
        if isinstance(vector, dict):
            sparse[name] = SparseVector(np.array(vector["indices"], np.int64), np.array(vector["values"], np.float32))
        else:
            vectors[name] = np.array(vector, dtype=np.float32)
    return StoredPoint(record.get("payload") or {}, vectors, sparse)


def _search_body(asked: EngineQuery, filter: dict[str, Any] | None, params: dict[str, Any]) -> dict[str, Any]:
    vector = asked.query.vector
    if isinstance(vector, SparseVector):
        query: Any = {"indices": vector.indices.tolist(), "values": vector.values.tolist()}
    else:
        query = vector.tolist()
    return {
        "query": query,
        "using": asked.query.using,
        "filter": filter,
        "params": _EXACT if asked.exact else params,
        "limit": asked.limit,
        "with_payload": False,
        "with_vector": False,
    }


def _hits(points: list[dict[str, Any]]) -> EngineHits:
    versions = np.fromiter((point["version"] for point in points), np.int64, len(points))
    return EngineHits([point["id"] for point in points], [point["score"] for point in points], versions)

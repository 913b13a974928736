"""The vector index on a Qdrant server."""

import ssl
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

import numpy as np
from qdrant_client import QdrantClient, models

from pharos.indexing.checks import batched, check_points, check_query, check_query_alone
from pharos.indexing.errors import (
    CollectionExists,
    CollectionInUse,
    IndexUnavailable,
    InvalidVector,
    RequestRejected,
    UnknownCollection,
    UnknownItem,
    VectorIndexError,
)
from pharos.indexing.filters import Filter
from pharos.indexing.index import CollectionInfo, CollectionSpec, Point, SourceQuery
from pharos.indexing.live_times import next_live_at
from pharos.indexing.names import checked_name
from pharos.indexing.patience import Silence, current
from pharos.indexing.payload import Payload, PayloadType
from pharos.indexing.point_ids import point_id
from pharos.indexing.qdrant_filters import Dialect, payload_key, translate
from pharos.indexing.searching import EngineHits, EngineQuery, Searching, StoredPoint
from pharos.indexing.server_calls import Calls
from pharos.indexing.server_points import (
    Quantization,
    point_struct,
    query_request,
    read_record,
    sparse_params,
    vector_params,
)

_HTTP_PORT: Final = 6333
_BATCH_BYTES: Final = 4_500_000
_POLL_SECONDS: Final = 0.2
# Once a server is back it must be found within seconds; gRPC would wait up to two minutes.
_GRPC_OPTIONS: Final = {
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.min_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 1000,
}
_DIALECT: Final = Dialect(
    models.Filter, models.FieldCondition, models.MatchAny, models.MatchValue, models.Range, flag=bool
)
_PAYLOAD_TYPES: Final = {
    PayloadType.KEYWORD: models.PayloadSchemaType.KEYWORD,
    PayloadType.FLOAT: models.PayloadSchemaType.FLOAT,
    PayloadType.INTEGER: models.PayloadSchemaType.INTEGER,
    PayloadType.BOOLEAN: models.PayloadSchemaType.BOOL,
}


class QdrantServer(Searching):
    """A `VectorIndex` on a Qdrant server, which many processes may share.

    url: of its HTTP port. api_key: if the server wants one. ca_file: certificates (PEM) that the server's must be
    signed by, those of the system if None. grpc_port: by default the port after the HTTP port, as Qdrant has it.
    prefer_grpc: False where only the HTTP port can be reached. timeout: seconds for a search or look-up; writes may
    take write_timeout. What answers a request waits request_timeout for each call, and in all as
    `patience` says. quantization: of new collections.
    Writes go over gRPC and searches over HTTP: each is about twice as fast there, because the client spends more time
    to convert a hundred points from protocol buffers than to parse them as JSON.
    Calls that cannot reach the server are repeated: writes for a few seconds, searches once.
    """

    def __init__(
        self,
        url: str,
        api_key: str | None = None,
        *,
        ca_file: Path | None = None,
        grpc_port: int | None = None,
        prefer_grpc: bool = True,
        timeout: int = 5,
        write_timeout: int = 60,
        request_timeout: int = 1,
        optimize_timeout: int = 3600,
        quantization: Quantization = Quantization.NONE,
    ) -> None:
        super().__init__()
        self._quantization = quantization
        port = urlsplit(url).port or _HTTP_PORT
        verify = ssl.create_default_context(cafile=ca_file) if ca_file else True
        certificates = {"root_certificates": ca_file.read_bytes()} if ca_file else {}
        # Its check for compatible versions would ask the server, which may not be there yet.
        self._patient_reader, self._hasty_reader = (
            QdrantClient(url, port=port, api_key=api_key, timeout=seconds, check_compatibility=False, verify=verify)
            for seconds in (timeout, request_timeout)
        )
        self._writer = QdrantClient(
            url,
            port=port,
            grpc_port=grpc_port or port + 1,
            prefer_grpc=prefer_grpc,
            api_key=api_key,
            timeout=write_timeout,
            check_compatibility=False,
            grpc_options={**_GRPC_OPTIONS, **certificates},
            verify=verify,
        )
        silence = Silence()
        self._read_call = Calls(url, attempts=2, retry_slow=False, silence=silence)
        self._write_call = Calls(url, attempts=8, retry_slow=True, silence=silence)
        self._request_timeout = request_timeout
        self._optimize_timeout = optimize_timeout

    def create(self, collection: str, spec: CollectionSpec) -> None:
        """See VectorIndex.create."""
        if checked_name(collection) in self._aliases():
            raise CollectionExists(collection)
        vectors, sparse = vector_params(spec, self._quantization), sparse_params(spec)
        metadata = {"bundle": spec.bundle, "created_at": datetime.now(UTC).isoformat()}
        self._write_call(
            lambda: self._writer.create_collection(
                collection, vectors_config=vectors, sparse_vectors_config=sparse, metadata=metadata
            ),
            collection,
        )
        try:
            for field, kind in spec.payload_fields.items():
                self._create_payload_index(collection, field, kind)
        except BaseException:
            with suppress(VectorIndexError):
                self.drop(collection)
            raise

    def upsert(self, collection: str, points: Sequence[Point]) -> None:
        """See VectorIndex.upsert."""
        check_points(points, *self._layout(collection))
        for batch in batched(points, max_bytes=_BATCH_BYTES):
            self._upsert_batch(collection, [point_struct(point) for point in batch])

    def set_payload(self, collection: str, item_id: str, payload: Payload) -> None:
        """See VectorIndex.set_payload."""
        id = point_id(item_id)
        if id not in self._read(collection, [id], payload=False, vectors=()):
            raise UnknownItem(item_id)
        present = {field: value for field, value in payload.items() if value is not None}
        absent = [payload_key(field) for field, value in payload.items() if value is None]
        where, seconds = models.PointIdsList(points=[str(id)]), self._write_seconds
        if present:
            self._write_call(lambda: self._writer.set_payload(collection, present, where, timeout=seconds), collection)
        if absent:
            self._write_call(
                lambda: self._writer.delete_payload(collection, absent, where, timeout=seconds), collection
            )

    def delete(self, collection: str, item_ids: Collection[str]) -> None:
        """See VectorIndex.delete."""
        if not item_ids:
            return
        points = models.PointIdsList(points=[str(point_id(item_id)) for item_id in item_ids])
        self._write_call(lambda: self._writer.delete(collection, points, timeout=self._write_seconds), collection)

    def count(self, collection: str, filter: Filter | None = None) -> int:
        """See VectorIndex.count."""
        wanted = translate(filter, _DIALECT)
        return self._read_call(lambda: self._reader.count(collection, wanted, exact=True), collection).count

    def optimize(self, collection: str) -> None:
        """See VectorIndex.optimize. The server optimises by itself; this waits for it."""
        deadline = time.monotonic() + self._optimize_timeout
        while self._info(collection).status != models.CollectionStatus.GREEN:
            if time.monotonic() > deadline:
                raise IndexUnavailable(
                    f"the collection {collection!r} was not optimized within {self._optimize_timeout} s"
                )
            time.sleep(_POLL_SECONDS)

    def persist(self, collection: str) -> None:
        """See VectorIndex.persist: the server does so by itself."""

    def collections(self) -> list[CollectionInfo]:
        """See VectorIndex.collections. Other collections on the server are left out."""
        found = []
        for name in self._names():
            metadata = self._info(name).config.metadata or {}
            if "bundle" in metadata:
                live_at = metadata.get("live_at")
                found.append(
                    CollectionInfo(
                        name=name,
                        bundle=metadata["bundle"],
                        count=self.count(name),
                        created_at=datetime.fromisoformat(metadata["created_at"]),
                        live_at=datetime.fromisoformat(live_at) if live_at else None,
                    )
                )
        return sorted(found, key=lambda info: info.created_at)

    def drop(self, collection: str) -> None:
        """See VectorIndex.drop."""
        self._require(collection)
        aliases = [alias for alias, target in self._aliases().items() if target == collection]
        # The server would delete the aliases with it.
        if aliases:
            raise CollectionInUse(collection, aliases)
        self._write_call(lambda: self._writer.delete_collection(collection), collection)

    def resolve(self, alias: str) -> str | None:
        """See VectorIndex.resolve."""
        return self._aliases().get(alias)

    def switch(self, alias: str, collection: str) -> None:
        """See VectorIndex.switch."""
        checked_name(alias)
        self._require(collection)
        live_at = {"live_at": next_live_at(self._live_times()).isoformat()}
        self._write_call(lambda: self._writer.update_collection(collection, metadata=live_at), collection)
        # Replaces the alias if there is one.
        create = models.CreateAlias(alias_name=alias, collection_name=collection)
        change = models.CreateAliasOperation(create_alias=create)
        self._write_call(lambda: self._writer.update_collection_aliases([change]), alias)

    def ready(self) -> None:
        """See VectorIndex.ready."""
        self._names()

    def close(self) -> None:
        """See VectorIndex.close."""
        self._patient_reader.close()
        self._hasty_reader.close()
        self._writer.close()

    @property
    def _reader(self) -> QdrantClient:
        """Of two, whose timeouts are fixed: what answers a request does not wait long."""
        return self._patient_reader if current() is None else self._hasty_reader

    @property
    def _write_seconds(self) -> int | None:
        """The timeout of a call that writes points; None for that of the client."""
        return None if current() is None else self._request_timeout

    def _nearest(
        self, collection: str, asked: Sequence[EngineQuery], filter: Filter | None, *, with_vectors: bool
    ) -> list[EngineHits]:
        translated = translate(filter, _DIALECT)
        requests = [
            query_request(search, translated, with_vector=with_vectors, quantization=self._quantization)
            for search in asked
        ]
        try:
            answers = self._read_call(lambda: self._reader.query_batch_points(collection, requests), collection)
        except RequestRejected:
            # Only the server knows its vectors; asking for them each time would cost a request more.
            layout = self._layout(collection)
            for search in asked:
                check_query(search.query, *layout)
            raise
        return [
            _found(answer.points, search.returned if with_vectors else None)
            for search, answer in zip(asked, answers, strict=True)
        ]

    def _read(
        self, collection: str, ids: Sequence[UUID], *, payload: bool | list[str], vectors: Sequence[str]
    ) -> dict[UUID, StoredPoint]:
        try:
            records = self._retrieve(collection, ids, payload, vectors)
        except RequestRejected:
            # So it does for a vector name that the collection does not have.
            lengths, sparse = self._layout(collection)
            present = [name for name in vectors if name in lengths or name in sparse]
            if len(present) == len(vectors):
                raise
            records = self._retrieve(collection, ids, payload, present)
        return {UUID(str(record.id)): read_record(record) for record in records}

    def _retrieve(
        self, collection: str, ids: Sequence[UUID], payload: bool | list[str], vectors: Sequence[str]
    ) -> list[models.Record]:
        points = [str(id) for id in ids]
        return self._read_call(
            lambda: self._reader.retrieve(collection, points, with_payload=payload, with_vectors=list(vectors)),
            collection,
        )

    def _check_query(self, collection: str, query: SourceQuery) -> None:
        check_query_alone(query)

    def _create_payload_index(self, collection: str, field: str, kind: PayloadType) -> None:
        key, schema = payload_key(field), _PAYLOAD_TYPES[kind]
        self._write_call(lambda: self._writer.create_payload_index(collection, key, schema), collection)

    def _upsert_batch(self, collection: str, batch: list[models.PointStruct]) -> None:
        self._write_call(
            lambda: self._writer.upsert(collection, batch, wait=True, timeout=self._write_seconds), collection
        )

    def _info(self, collection: str) -> models.CollectionInfo:
        return self._read_call(lambda: self._reader.get_collection(collection), collection)

    def _layout(self, collection: str) -> tuple[dict[str, int], list[str]]:
        """The lengths of the dense vectors by name, and the names of the sparse vectors."""
        params = self._info(collection).config.params
        if not isinstance(params.vectors, dict):
            raise InvalidVector(f"the collection {collection!r} has no named vectors: it was not made by Pharos")
        return {name: vector.size for name, vector in params.vectors.items()}, list(params.sparse_vectors or ())

    def _names(self) -> list[str]:
        return [found.name for found in self._read_call(self._reader.get_collections).collections]

    def _live_times(self) -> Iterator[datetime]:
        for name in self._names():
            live_at = (self._info(name).config.metadata or {}).get("live_at")
            if live_at:
                yield datetime.fromisoformat(live_at)

    def _require(self, collection: str) -> None:
        if collection not in self._names():
            raise UnknownCollection(collection)

    def _aliases(self) -> dict[str, str]:
        aliases = self._read_call(self._reader.get_aliases).aliases
        return {alias.alias_name: alias.collection_name for alias in aliases}


def _found(points: Sequence[models.ScoredPoint], returned: str | None) -> EngineHits:
    """The points of a response. returned: the requested vector; points without it are left out."""
    if returned is None:
        return EngineHits([_number(point.id) for point in points], [point.score for point in points])
    vectors = [read_record(point).vectors.get(returned) for point in points]
    held = [(point, vector) for point, vector in zip(points, vectors, strict=True) if vector is not None]
    rows = np.stack([vector for _, vector in held]) if held else np.zeros((0, 0), np.float32)
    return EngineHits([_number(point.id) for point, _ in held], [point.score for point, _ in held], rows)


def _number(id: object) -> int:
    """A UUID as an integer; three times as fast as `UUID`."""
    return int(str(id).replace("-", ""), 16)

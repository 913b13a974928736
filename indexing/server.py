"""The vector index on a Qdrant server."""

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from qdrant_client import QdrantClient, models

from pharos.indexing.checks import batched, check_points, check_query, check_query_alone
from pharos.indexing.errors import (
    CollectionExists,
    CollectionInUse,
    IndexUnavailable,
    InvalidVector,
    OutdatedVectors,
    RequestRejected,
    UnknownCollection,
    UnknownItem,
    VectorIndexError,
)
from pharos.indexing.filters import Filter
from pharos.indexing.index import (
    TOWER,
    CollectionInfo,
    CollectionSpec,
    FloatArray,
    ItemVectors,
    Point,
    SourceQuery,
    Unconfirmed,
)
from pharos.indexing.item_numbers import PointKey
from pharos.indexing.known_vectors import VersionedVectors
from pharos.indexing.live_times import GOING_LIVE_AT, LIVE_AT, live_time, next_live_at
from pharos.indexing.names import checked_name
from pharos.indexing.patience import Silence, current
from pharos.indexing.payload import Payload, PayloadType
from pharos.indexing.point_ids import point_uuid
from pharos.indexing.qdrant_filters import Dialect, payload_key, translate
from pharos.indexing.searching import EngineHits, EngineQuery, Searching, StoredPoint
from pharos.indexing.server_calls import Calls
from pharos.indexing.server_http import JsonConnection
from pharos.indexing.server_nodes import Replication, connect
from pharos.indexing.server_points import Quantization, point_struct, sparse_params, vector_params
from pharos.indexing.server_reads import (
    confirming_body,
    outdated,
    read_points,
    read_record,
    read_versions,
    search_bodies,
    search_points,
)
from pharos.indexing.server_vectors import ServerVectors
from pharos.indexing.shown_only import only_shown
from pharos.ingest.columns import Columns

_BATCH_BYTES: Final = 4_500_000
_POLL_SECONDS: Final = 0.2
_LEAST: Final = 0.5
"""The share of a write's timeout that a request must have left to begin with it."""
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

    url: of its HTTP port; or those of the nodes of a cluster, of which one is used until it fails, then another.
    replication, quantization: of new collections. api_key: if the server wants one. ca_file: certificates (PEM)
    that the server's must be signed by, those of the system if None. grpc_port: by default the port after the HTTP
    port, as Qdrant has it. prefer_grpc: False where only the HTTP port can be reached. timeout: seconds for a search or
    look-up; writes may take write_timeout. What answers a request waits request_timeout for each call, and in all as
    `patience` says.
    Writes go over gRPC and searches over HTTP: each is about twice as fast there, because the client spends more time
    to convert a hundred points from protocol buffers than to parse them as JSON.
    Calls that cannot reach the server are repeated: writes for a few seconds, searches once.
    """

    def __init__(
        self,
        url: str | Sequence[str],
        api_key: str | None = None,
        *,
        replication: Replication = Replication(),  # noqa: B008
        ca_file: Path | None = None,
        grpc_port: int | None = None,
        prefer_grpc: bool = True,
        timeout: int = 5,
        write_timeout: int = 60,
        request_timeout: int = 1,
        optimize_timeout: int = 3600,
        quantization: Quantization = Quantization.NONE,
    ) -> None:
        super().__init__(lambda item_id: str(point_uuid(item_id)))
        self._vectors = ServerVectors(self.numbers, self._info, self._read_versions)
        self._quantization = quantization
        self._nodes = connect(
            [url] if isinstance(url, str) else url,
            api_key=api_key,
            ca_file=ca_file,
            grpc_port=grpc_port,
            prefer_grpc=prefer_grpc,
            timeout=timeout,
            write_timeout=write_timeout,
            request_timeout=request_timeout,
        )
        silence, server = Silence(), str(self._nodes)
        self._read_call = Calls(server, attempts=2, retry_slow=False, silence=silence, nodes=self._nodes)
        # What a request must not wait for any more is written by who keeps the index in sync.
        self._write_call = Calls(
            server, attempts=8, retry_slow=True, silence=silence, nodes=self._nodes, least=_LEAST * request_timeout
        )
        self._replication = replication
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
                collection,
                vectors_config=vectors,
                sparse_vectors_config=sparse,
                metadata=metadata,
                **self._replication.parameters(),
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
        if not self._read(collection, [item_id], payload=False, vectors=()):
            raise UnknownItem(item_id)
        present = {field: value for field, value in payload.items() if value is not None}
        absent = [payload_key(field) for field, value in payload.items() if value is None]
        where, seconds = _points_of([item_id]), self._write_seconds
        try:
            if present:
                self._write_call(
                    lambda: self._writer.set_payload(collection, present, where, timeout=seconds), collection
                )
            if absent:
                self._write_call(
                    lambda: self._writer.delete_payload(collection, absent, where, timeout=seconds), collection
                )
        except UnknownCollection as error:
            # The server says the same of a point that was deleted since it was looked for. Only this can tell.
            self._read(collection, [item_id], payload=False, vectors=())
            raise UnknownItem(item_id) from error

    def delete(self, collection: str, item_ids: Collection[str]) -> None:
        """See VectorIndex.delete."""
        if not item_ids:
            return
        points = _points_of(item_ids)
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
        found, live = [], set(self._aliases().values())
        for name in self._names():
            metadata = self._info(name).config.metadata or {}
            if "bundle" in metadata:
                live_at = live_time(metadata, is_live=name in live)
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
        self._confirm(self.resolve(alias))
        # Two steps, since no call changes both: until the alias points there, the collection counts as never live.
        time = next_live_at(self._live_times()).isoformat()
        self._set_metadata(collection, {GOING_LIVE_AT: time})
        # Replaces the alias if there is one.
        create = models.CreateAlias(alias_name=alias, collection_name=collection)
        change = models.CreateAliasOperation(create_alias=create)
        self._write_call(lambda: self._writer.update_collection_aliases([change]), alias)
        # It is live; if this fails, the next switch makes up for it.
        with suppress(VectorIndexError):
            self._set_metadata(collection, {LIVE_AT: time})

    def ready(self) -> None:
        """See VectorIndex.ready."""
        self._names()

    def close(self) -> None:
        """See VectorIndex.close."""
        self._nodes.close()

    @property
    def _searcher(self) -> JsonConnection:
        return self._nodes.current.searcher

    @property
    def _reader(self) -> QdrantClient:
        return self._nodes.current.reader

    @property
    def _writer(self) -> QdrantClient:
        """Of two, whose timeouts are fixed: what answers a request does not wait long."""
        node = self._nodes.current
        return node.patient_writer if current() is None else node.hasty_writer

    @property
    def _write_seconds(self) -> int | None:
        """The timeout of a call that writes points; None for that of the client."""
        return None if current() is None else self._request_timeout

    def vectors(
        self, collection: str, item_ids: Sequence[str], *, using: str = TOWER, confirmed: bool = True
    ) -> ItemVectors:
        """See VectorIndex.vectors."""
        found = None if confirmed else self._vectors.unconfirmed(collection, item_ids, using)
        return found or super().vectors(collection, item_ids, using=using)

    def _nearest(
        self,
        collection: str,
        asked: Sequence[EngineQuery],
        filter: Filter | None,
        confirm: Unconfirmed | None = None,
    ) -> list[EngineHits]:
        filtered = filter is not None and not only_shown(filter)
        bodies = search_bodies(asked, translate(filter, _DIALECT), self._quantization, filtered=filtered)
        if confirm is not None:
            bodies.append(confirming_body(confirm))
        try:
            found = self._read_call(lambda: search_points(self._searcher, collection, bodies), collection)
            if confirm is not None and outdated(confirm, found.pop()):
                self._vectors.forget(collection, confirm)
                raise OutdatedVectors
            return found
        except RequestRejected:
            # Only the server knows its vectors; asking for them each time would cost a request more.
            layout = self._layout(collection)
            for search in asked:
                check_query(search.query, *layout)
            raise

    def _vectors_of(
        self, collection: str, items: NDArray[np.int64], versions: NDArray[np.int64] | None, using: str
    ) -> tuple[FloatArray, NDArray[np.bool_]]:
        assert versions is not None, "the server gives them with every hit"
        kept = self._vectors.of(collection, using) or VersionedVectors(0)
        return kept.filled(items, versions, lambda numbers: self._read_vectors(collection, numbers, using))

    def _read(
        self, collection: str, item_ids: Sequence[str], *, payload: bool | list[str], vectors: Sequence[str]
    ) -> dict[str, StoredPoint]:
        items = {str(point_uuid(item_id)): item_id for item_id in item_ids}
        ids = list(items)
        try:
            records = self._retrieve(collection, ids, payload, vectors)
        except RequestRejected:
            # So it does for a vector name that the collection does not have.
            lengths, sparse = self._layout(collection)
            present = [name for name in vectors if name in lengths or name in sparse]
            if len(present) == len(vectors):
                raise
            records = self._retrieve(collection, ids, payload, present)
        return {items[record["id"]]: read_record(record) for record in records}

    def _item_ids(self, collection: str, points: Sequence[PointKey]) -> list[str]:
        records = self._retrieve(collection, [str(point) for point in points], [Columns.ITEM], ())
        return [record["payload"][Columns.ITEM] for record in records if record.get("payload")]

    def _retrieve(
        self, collection: str, ids: list[str], payload: bool | list[str], vectors: Sequence[str]
    ) -> list[dict[str, Any]]:
        return self._read_call(lambda: read_points(self._searcher, collection, ids, payload, vectors), collection)

    def _read_versions(
        self, collection: str, ids: list[str], using: str, length: int
    ) -> list[tuple[str, int, FloatArray]]:
        return self._read_call(lambda: read_versions(self._searcher, collection, ids, using, length), collection)

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
        return [found.name for found in self._read_call(lambda: self._reader.get_collections()).collections]

    def _live_times(self) -> Iterator[datetime]:
        for name in self._names():
            metadata = self._info(name).config.metadata or {}
            yield from (datetime.fromisoformat(metadata[key]) for key in (LIVE_AT, GOING_LIVE_AT) if key in metadata)

    def _confirm(self, live: str | None) -> None:
        """Record when the live collection came to be so, where a process died between the steps of a switch to it."""
        if live is not None:
            metadata = self._info(live).config.metadata or {}
            time = live_time(metadata, is_live=True)
            if time and time != metadata.get(LIVE_AT):
                self._set_metadata(live, {LIVE_AT: time})

    def _set_metadata(self, collection: str, metadata: dict[str, str]) -> None:
        self._write_call(lambda: self._writer.update_collection(collection, metadata=metadata), collection)

    def _require(self, collection: str) -> None:
        if collection not in self._names():
            raise UnknownCollection(collection)

    def _aliases(self) -> dict[str, str]:
        aliases = self._read_call(lambda: self._reader.get_aliases()).aliases
        return {alias.alias_name: alias.collection_name for alias in aliases}


def _points_of(item_ids: Collection[str]) -> models.PointIdsList:
    return models.PointIdsList(points=[str(point_uuid(item_id)) for item_id in item_ids])

"""The vector index in this process: Qdrant's own engine on a folder, without a server."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import Any, Final
from uuid import UUID

from qdrant_edge import CountRequest, EdgeShard, QueryBatchRequest, ScoredPoint, UpdateOperation

from pharos.indexing.checks import batched, check_points, check_query
from pharos.indexing.embedded_flags import shown, stored
from pharos.indexing.embedded_points import (
    SCAN_UP_TO_POINTS,
    edge_point,
    edge_request,
    read_record,
    uuid_of,
)
from pharos.indexing.errors import (
    CollectionDamaged,
    CollectionExists,
    CollectionInUse,
    IndexUnavailable,
    UnknownCollection,
    UnknownItem,
)
from pharos.indexing.filters import Filter
from pharos.indexing.index import CollectionInfo, CollectionSpec, FloatArray, Point, SourceQuery
from pharos.indexing.index_folder import IndexFolder
from pharos.indexing.known_vectors import VectorMemory
from pharos.indexing.names import checked_name
from pharos.indexing.payload import Payload, PayloadType
from pharos.indexing.point_ids import point_id
from pharos.indexing.qdrant_filters import EMBEDDED, payload_key, translate
from pharos.indexing.searching import Asked, Scored, Searching, Stored, Wanted
from pharos.indexing.shards import Shards, is_panic

# The engine holds the interpreter while it writes: short batches let other threads have their turn.
_BATCH_BYTES: Final = 1_000_000


class QdrantEmbedded(Searching):
    """A `VectorIndex` on a folder that one process has open at a time.

    A write is in the engine's write-ahead log when its method returns, and so survives the death of the process.
    The folder's layout, and what is cleaned when it is opened, is described in `index_folder`. `optimize` on more than
    50,000 points builds a graph and holds the interpreter for as long: such a collection is better built by a process
    of its own, in another folder, and then adopted. Raises IndexUnavailable if another process has the folder open.
    """

    def __init__(self, path: str | Path) -> None:
        super().__init__()
        self._memory = VectorMemory()
        self._lock = RLock()
        self._closed = False
        with self._engine():
            self._folder = IndexFolder(Path(path))
        self._shards = Shards(self._folder)

    def create(self, collection: str, spec: CollectionSpec) -> None:
        """See VectorIndex.create."""
        with self._lock, self._engine():
            checked_name(collection)
            if collection in self._folder.manifests or collection in self._folder.aliases:
                raise CollectionExists(collection)
            try:
                self._shards.create(collection, spec)
                self._folder.add(collection, spec)
            except BaseException:
                self._shards.drop(collection)
                self._folder.remove(collection)
                raise

    def upsert(self, collection: str, points: Sequence[Point]) -> None:
        """See VectorIndex.upsert."""
        name = self._name(collection)
        check_points(points, self._spec(name).vectors, self._spec(name).sparse)
        flags = self._flags(name)
        with self._engine(name):
            for batch in batched(points, max_bytes=_BATCH_BYTES):
                try:
                    self._shard(name).update(
                        UpdateOperation.upsert_points([edge_point(point, flags) for point in batch])
                    )
                finally:
                    self._memory.written(name, [point_id(point.item_id) for point in batch])

    def set_payload(self, collection: str, item_id: str, payload: Payload) -> None:
        """See VectorIndex.set_payload."""
        name, id = self._name(collection), point_id(item_id)
        present = {field: value for field, value in payload.items() if value is not None}
        absent = [payload_key(field) for field, value in payload.items() if value is None]
        with self._engine(name):
            shard = self._shard(name)
            if not shard.retrieve([id], with_payload=False, with_vector=False):
                raise UnknownItem(item_id)
            if present:
                shard.update(UpdateOperation.set_payload([id], stored(present, self._flags(name))))
            if absent:
                shard.update(UpdateOperation.delete_payload([id], absent))

    def delete(self, collection: str, item_ids: Collection[str]) -> None:
        """See VectorIndex.delete."""
        name, ids = self._name(collection), [point_id(item_id) for item_id in item_ids]
        with self._engine(name):
            try:
                self._shard(name).update(UpdateOperation.delete_points([*ids]))
            finally:
                self._memory.written(name, ids)

    def count(self, collection: str, filter: Filter | None = None) -> int:
        """See VectorIndex.count."""
        name = self._name(collection)
        with self._engine(name):
            return int(self._shard(name).count(CountRequest(exact=True, filter=translate(filter, EMBEDDED))))

    def optimize(self, collection: str) -> None:
        """See VectorIndex.optimize. Also puts all that was written so far in its final place on the disk."""
        name = self._name(collection)
        with self._engine(name):
            shard = self._shard(name)
            # The engine counts bytes, and a sparse vector often has more of them than a dense one: left to itself it
            # would build graphs for a few thousand points.
            if shard.count(CountRequest(exact=True)) > SCAN_UP_TO_POINTS:
                shard.optimize()
            shard.flush()

    def persist(self, collection: str) -> None:
        """See VectorIndex.persist."""
        name = self._name(collection)
        with self._engine(name):
            self._shard(name).flush()

    def collections(self) -> list[CollectionInfo]:
        """See VectorIndex.collections."""
        manifests = sorted(self._folder.manifests.items(), key=lambda item: item[1].created_at)
        infos = []
        for name, manifest in manifests:
            with suppress(CollectionDamaged):  # it is no collection any more
                count = self.count(name)
                infos.append(CollectionInfo(name, manifest.spec.bundle, count, manifest.created_at, manifest.live_at))
        return infos

    def drop(self, collection: str) -> None:
        """See VectorIndex.drop."""
        with self._lock, self._engine():
            if collection not in self._folder.manifests:
                raise UnknownCollection(collection)
            aliases = self._folder.aliases_of(collection)
            if aliases:
                raise CollectionInUse(collection, aliases)
            self._shards.drop(collection)
            self._folder.remove(collection)
            self._memory.drop(collection)

    def resolve(self, alias: str) -> str | None:
        """See VectorIndex.resolve."""
        return self._folder.aliases.get(alias)

    def switch(self, alias: str, collection: str) -> None:
        """See VectorIndex.switch."""
        with self._lock, self._engine():
            if alias in self._folder.manifests:
                raise CollectionExists(alias)
            self._folder.point(alias, collection)

    def adopt(self, collection: str, path: Path) -> None:
        """Take over a complete collection of another index on the same disk, which must be closed; opens it.

        path: the folder of that index. Raises UnknownCollection, CollectionExists.
        """
        with self._lock, self._engine():
            self._folder.adopt(collection, path)
        with self._engine(collection):
            self._shard(collection)

    def ready(self) -> None:
        """See VectorIndex.ready."""
        if self._closed:
            raise IndexUnavailable("the vector index is closed")

    def close(self) -> None:
        """See VectorIndex.close."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._shards.close()
            self._folder.close()

    def _nearest(self, collection: str, asked: Sequence[Asked], wanted: Wanted) -> list[list[Scored]]:
        name = self._name(collection)
        filter = translate(wanted.filter, EMBEDDED)
        requests = [edge_request(search, filter, wanted.payload) for search in asked]
        with self._engine(name):
            answers = self._shard(name).query_batch(QueryBatchRequest(requests))
        return [self._scored(name, search, answer, wanted) for search, answer in zip(asked, answers, strict=True)]

    def _scored(self, name: str, search: Asked, answer: Sequence[ScoredPoint], wanted: Wanted) -> list[Scored]:
        flags = self._flags(name)
        payloads = [shown(point.payload, flags) for point in answer] if wanted.payload else [None] * len(answer)
        ids: list[Any] = [point.id for point in answer]
        if not wanted.vector:
            return [Scored(id, p.score, payload) for id, p, payload in zip(ids, answer, payloads, strict=True)]
        vectors = self._vectors_of(name, ids, search.returned)
        # One that was deleted since it was found has no vector any more.
        return [
            Scored(id, point.score, payload, vector)
            for id, point, payload, vector in zip(ids, answer, payloads, vectors, strict=True)
            if vector is not None
        ]

    def _read(
        self, collection: str, ids: Sequence[UUID], *, payload: bool | list[str], vectors: Sequence[str]
    ) -> dict[UUID, Stored]:
        name = self._name(collection)
        lengths = self._spec(name).vectors
        if payload or len(vectors) != 1 or vectors[0] not in lengths:
            return self._read_records(name, ids, payload, vectors)
        (using,) = vectors
        known = dict(zip(ids, self._vectors_of(name, ids, using), strict=True))
        # A point may exist and have no such vector.
        without = [id for id, vector in known.items() if vector is None]
        found = {id: Stored({}, {using: vector}, {}) for id, vector in known.items() if vector is not None}
        return {**found, **self._read_records(name, without, False, ())} if without else found

    def _vectors_of(self, name: str, ids: Sequence[UUID], using: str) -> list[FloatArray | None]:
        """The dense vector of each point, from memory where it was met before; None where there is none."""
        known = self._memory.of(name, using)
        moment = known.moment
        vectors = known.of(ids)
        unknown = [id for id, vector in zip(ids, vectors, strict=True) if vector is None]
        if not unknown:
            return vectors
        records = self._read_records(name, unknown, False, (using,))
        read = {id: stored.vectors[using] for id, stored in records.items() if using in stored.vectors}
        known.learn(moment, read)
        return [read.get(id) if vector is None else vector for id, vector in zip(ids, vectors, strict=True)]

    def _read_records(
        self, name: str, ids: Sequence[UUID], payload: bool | list[str], vectors: Sequence[str]
    ) -> dict[UUID, Stored]:
        spec = self._spec(name)
        present = [vector for vector in vectors if vector in spec.vectors or vector in spec.sparse]
        with self._engine(name):
            records = self._shard(name).retrieve(list(ids), with_payload=payload, with_vector=present)
        flags = self._flags(name)
        return {uuid_of(record.id): read_record(record, flags) for record in records}

    def _check_query(self, collection: str, query: SourceQuery) -> None:
        spec = self._spec(self._name(collection))
        check_query(query, spec.vectors, spec.sparse)

    def _name(self, collection: str) -> str:
        return self._folder.aliases.get(collection, collection)

    def _flags(self, name: str) -> list[str]:
        return [field for field, kind in self._spec(name).payload_fields.items() if kind is PayloadType.BOOLEAN]

    def _spec(self, name: str) -> CollectionSpec:
        manifest = self._folder.manifests.get(name)
        if manifest is None and name in self._folder.damaged:
            raise CollectionDamaged(name, self._folder.damaged[name])
        if manifest is None:
            raise UnknownCollection(name)
        return manifest.spec

    def _shard(self, name: str) -> EdgeShard:
        self.ready()
        return self._shards.get(name)

    @contextmanager
    def _engine(self, name: str | None = None) -> Iterator[None]:
        """Give the engine's errors a type: it raises nothing more specific than Exception."""
        self.ready()
        try:
            yield
        except OSError as error:
            raise IndexUnavailable(f"the folder of the vector index failed: {error}") from error
        except BaseException as error:
            if is_panic(error) and name is not None:
                raise self._shards.panicked(name, error) from error
            if not is_panic(error) and type(error) is not Exception:
                raise
            if name is not None and name not in self._folder.manifests:
                raise UnknownCollection(name) from error
            raise IndexUnavailable(f"the vector index failed: {error}") from error

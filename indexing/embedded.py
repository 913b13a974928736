"""The vector index without a server: Qdrant's engine (Qdrant Edge) in this process, on a folder."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock, RLock
from typing import Any, Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from qdrant_edge import CountRequest, EdgeShard, QueryBatchRequest, ScoredPoint, UpdateOperation

from pharos.indexing.checks import batched, check_points, check_query
from pharos.indexing.embedded_flags import stored
from pharos.indexing.embedded_points import (
    SCAN_UP_TO_POINTS,
    SETTLE_FROM_POINTS,
    edge_id,
    edge_point,
    edge_request,
    read_record,
    shard_config,
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
from pharos.indexing.index_folder import IndexFolder, Manifest
from pharos.indexing.item_numbers import PointKey
from pharos.indexing.known_vectors import VectorMemory
from pharos.indexing.names import checked_name
from pharos.indexing.payload import Payload, PayloadType
from pharos.indexing.point_ids import point_number, point_uuid
from pharos.indexing.qdrant_filters import EMBEDDED, payload_key, translate
from pharos.indexing.searching import EngineHits, EngineQuery, Searching, StoredPoint
from pharos.indexing.shards import Shards, is_panic
from pharos.indexing.shown_only import only_shown
from pharos.ingest.columns import Columns
from pharos.ingest.durable_files import sync_files

# The engine holds the interpreter while it writes: short batches let other threads have their turn.
_BATCH_BYTES: Final = 1_000_000


class QdrantEmbedded(Searching):
    """A `VectorIndex` on a folder, which one process can have open at a time.

    A write is in the engine's write-ahead log when its method returns, and so survives the death of the process.
    The folder's layout, and what is cleaned when it is opened, is described in `index_folder`. `optimize` on more than
    50,000 points builds a graph and holds the interpreter for as long: such a collection is better built by a process
    of its own, in another folder, and then adopted. Raises IndexUnavailable if another process has the folder open.
    """

    def __init__(self, path: str | Path) -> None:
        self._closed = False
        with self._engine():
            self._folder = IndexFolder(Path(path))
        old = not all(manifest.numbered for manifest in self._folder.manifests.values())
        super().__init__(point_number, *([lambda item_id: point_uuid(item_id).int] if old else []))
        self._memory = VectorMemory()
        self._lock = RLock()
        self._removal = Lock()
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
        flags, numbered = self._flags(name), self._numbered(name)
        with self._engine(name):
            for batch in batched(points, max_bytes=_BATCH_BYTES):
                try:
                    self._shard(name).update(
                        UpdateOperation.upsert_points([edge_point(point, flags, numbered=numbered) for point in batch])
                    )
                finally:
                    self._memory.written(name, self._met(point.item_id for point in batch))

    def set_payload(self, collection: str, item_id: str, payload: Payload) -> None:
        """See VectorIndex.set_payload."""
        name = self._name(collection)
        id = edge_id(item_id, numbered=self._numbered(name))
        present = {field: value for field, value in payload.items() if value is not None}
        absent = [payload_key(field) for field, value in payload.items() if value is None]
        # The engine calls it a failure to change a point that was deleted since it was looked for.
        with self._removal, self._engine(name):
            shard = self._shard(name)
            if not shard.retrieve([id], with_payload=False, with_vector=False):
                raise UnknownItem(item_id)
            if present:
                shard.update(UpdateOperation.set_payload([id], stored(present, self._flags(name))))
            if absent:
                shard.update(UpdateOperation.delete_payload([id], absent))

    def delete(self, collection: str, item_ids: Collection[str]) -> None:
        """See VectorIndex.delete."""
        name = self._name(collection)
        ids = self._ids(name, item_ids)
        with self._removal, self._engine(name):
            try:
                self._shard(name).update(UpdateOperation.delete_points([*ids]))
            finally:
                self._memory.written(name, self._met(item_ids))

    def count(self, collection: str, filter: Filter | None = None) -> int:
        """See VectorIndex.count."""
        name = self._name(collection)
        with self._engine(name):
            return int(self._shard(name).count(CountRequest(exact=True, filter=translate(filter, EMBEDDED))))

    def optimize(self, collection: str) -> None:
        """See VectorIndex.optimize. Also writes everything so far to its final place on the disk."""
        name = self._name(collection)
        with self._engine(name):
            points = self._shard(name).count(CountRequest(exact=True))
            if points > SCAN_UP_TO_POINTS:
                self._shards.reopen(name, shard_config(self._spec(name), graph=True))
            if points >= SETTLE_FROM_POINTS:
                self._shard(name).optimize()
            self._shard(name).flush()

    def persist(self, collection: str) -> None:
        """See VectorIndex.persist."""
        name = self._name(collection)
        with self._engine(name):
            shard = self._shard(name)
            # The engine holds the interpreter until the disk is done. It finds little left to write after this, which
            # does not.
            sync_files(self._folder.shard(name))
            shard.flush()

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
        """Move a complete collection from another, closed index on the same disk into this one, and open it.

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

    def vectors(
        self, collection: str, item_ids: Sequence[str], *, using: str = TOWER, confirmed: bool = True
    ) -> ItemVectors:
        """See VectorIndex.vectors. Cached vectors are not read again: every write goes through here."""
        items = self.numbers.of_items(item_ids)
        if len(items) and items.min() < 0:
            name, unmet = self._name(collection), [item_ids[place] for place in np.flatnonzero(items < 0).tolist()]
            self.numbers.learn(self._read_records(name, unmet, False, ()))
            items = self.numbers.of_items(item_ids)
        met = items >= 0
        vectors, present = self._vectors_of(collection, items[met], None, using)
        met[met] = present
        return ItemVectors(vectors, met)

    def _nearest(
        self,
        collection: str,
        asked: Sequence[EngineQuery],
        filter: Filter | None,
        confirm: Unconfirmed | None = None,
    ) -> list[EngineHits]:
        name = self._name(collection)
        translated = translate(filter, EMBEDDED)
        filtered = filter is not None and not only_shown(filter)
        requests = [edge_request(search, translated, filtered=filtered) for search in asked]
        with self._engine(name):
            answers = self._shard(name).query_batch(QueryBatchRequest(requests))
        return [_found(answer) for answer in answers]

    def _read(
        self, collection: str, item_ids: Sequence[str], *, payload: bool | list[str], vectors: Sequence[str]
    ) -> dict[str, StoredPoint]:
        return self._read_records(self._name(collection), item_ids, payload, vectors)

    def _item_ids(self, collection: str, points: Sequence[PointKey]) -> list[str]:
        name = self._name(collection)
        numbered = self._numbered(name)
        ids: list[int | UUID | str] = [int(point) if numbered else UUID(int=int(point)) for point in points]
        with self._engine(name):
            records = self._shard(name).retrieve(ids, with_payload=[Columns.ITEM], with_vector=False)
        return [record.payload[Columns.ITEM] for record in records if record.payload]

    def _vectors_of(
        self, collection: str, items: NDArray[np.int64], versions: NDArray[np.int64] | None, using: str
    ) -> tuple[FloatArray, NDArray[np.bool_]]:
        # Every write to the collection comes by here, so that no version is needed to know what is outdated.
        name = self._name(collection)
        return self._memory.of(name, using).filled(items, lambda numbers: self._read_vectors(name, numbers, using))

    def _read_records(
        self, name: str, item_ids: Sequence[str], payload: bool | list[str], vectors: Sequence[str]
    ) -> dict[str, StoredPoint]:
        spec = self._spec(name)
        present = [vector for vector in vectors if vector in spec.vectors or vector in spec.sparse]
        items = dict(zip(self._ids(name, item_ids), item_ids, strict=True))
        with self._engine(name):
            records: list[Any] = self._shard(name).retrieve([*items], with_payload=payload, with_vector=present)
        flags = self._flags(name)
        return {items[record.id]: read_record(record, flags) for record in records}

    def _check_query(self, collection: str, query: SourceQuery) -> None:
        spec = self._spec(self._name(collection))
        check_query(query, spec.vectors, spec.sparse)

    def _ids(self, name: str, item_ids: Iterable[str]) -> list[int | UUID]:
        numbered = self._numbered(name)
        return [edge_id(item_id, numbered=numbered) for item_id in item_ids]

    def _met(self, item_ids: Iterable[str]) -> NDArray[np.int64]:
        """The numbers of the items that have one."""
        numbers = self.numbers.of_items(list(item_ids))
        return numbers[numbers >= 0]

    def _name(self, collection: str) -> str:
        return self._folder.aliases.get(collection, collection)

    def _flags(self, name: str) -> list[str]:
        return [field for field, kind in self._spec(name).payload_fields.items() if kind is PayloadType.BOOLEAN]

    def _spec(self, name: str) -> CollectionSpec:
        return self._manifest(name).spec

    def _numbered(self, name: str) -> bool:
        return self._manifest(name).numbered

    def _manifest(self, name: str) -> Manifest:
        manifest = self._folder.manifests.get(name)
        if manifest is None and name in self._folder.damaged:
            raise CollectionDamaged(name, self._folder.damaged[name])
        if manifest is None:
            raise UnknownCollection(name)
        return manifest

    def _shard(self, name: str) -> EdgeShard:
        self.ready()
        return self._shards.get(name)

    @contextmanager
    def _engine(self, name: str | None = None) -> Iterator[None]:
        """A context that turns the engine's errors into ours: it raises plain Exception only."""
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


def _found(answer: Sequence[ScoredPoint]) -> EngineHits:
    ids: list[Any] = [point.id for point in answer]
    if ids and isinstance(ids[0], UUID):  # all points of a collection have the same kind of id
        ids = [id.int for id in ids]
    return EngineHits(ids, [point.score for point in answer])

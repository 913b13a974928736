"""Writes items: first to the store, which is the source of truth, then to the live collections."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pharos.indexing.errors import UnknownCollection
from pharos.indexing.index import VectorIndex
from pharos.ingest.errors import PharosError
from pharos.ingest.records import FeatureError
from pharos.ingest.schema import Feature
from pharos.serving.errors import InvalidRecord, UnknownItem
from pharos.serving.index_sync.background_sync import BackgroundSync
from pharos.serving.index_sync.live_index import LiveIndex
from pharos.serving.index_sync.sync import sync_items
from pharos.serving.index_sync.variants import Variants
from pharos.serving.store import NewItem, Store, WriteResult
from pharos.serving.store.features import json_features
from pharos.serving.writes.batch import require_count

logger = logging.getLogger(__name__)


class WriteItems:
    """Each method returns when the change is committed and, unless the index is unavailable, also indexed.

    A change that could not be indexed is stored all the same, and the background sync indexes it. Features that the
    store does not declare, and values that do not fit their type, raise InvalidRecord; then nothing is written.
    """

    def __init__(
        self, store: Store, index: VectorIndex, variants: Variants, background_sync: BackgroundSync, max_batch: int
    ) -> None:
        self._store = store
        self._index = index
        self._variants = variants
        self._background_sync = background_sync
        self._max_batch = max_batch

    def put(self, item: NewItem) -> WriteResult:
        """Create or replace an item."""
        checked = _checked(self._store.schema().items, item, "")
        (written,) = self._store.put_items([checked])
        return replace(written, indexed=self._sync([item.item_id]))

    def put_all(self, items: Sequence[NewItem]) -> list[WriteResult]:
        """Create or replace many items, all or none; they are encoded in one batch."""
        require_count(items, self._max_batch)
        places: dict[str, int] = {}
        for place, item in enumerate(items):
            if places.setdefault(item.item_id, place) != place:
                allowed = f"each id once; it is that of [{places[item.item_id]}], too"
                raise InvalidRecord(f"[{place}].item_id", item.item_id, allowed)
        features = self._store.schema().items
        checked = [_checked(features, item, f"[{place}].") for place, item in enumerate(items)]
        written = self._store.put_items(checked)
        indexed = self._sync(list(places))
        return [replace(result, indexed=indexed) for result in written]

    def patch(
        self,
        item_id: str,
        *,
        title: str | None,
        features: Mapping[str, object],
        available: bool | None,
        times: Mapping[str, int | None] | None = None,
    ) -> WriteResult:
        """Change the given fields of an item. features, times: null removes one. Raises UnknownItem."""
        values = _features(self._store.schema().items, features, "")
        absent = [name for name in features if name not in values]
        record = self._store.patch_item(
            item_id, title=title, features=values, absent=absent, available=available, times=times
        )
        if record is None:
            raise UnknownItem(item_id)
        return WriteResult(record, created=False, indexed=self._sync([item_id]))

    def delete(self, item_id: str) -> bool:
        """Delete an item; returns whether every live collection has deleted it too. Raises UnknownItem."""
        if self._store.delete_item(item_id) is None:
            raise UnknownItem(item_id)
        return self._sync([item_id])

    def _sync(self, item_ids: Sequence[str]) -> bool:
        """Sync the items with every live collection; returns whether that worked for all."""
        synced = [self._sync_with(live, item_ids) for _, live in self._variants.items()]
        return all(synced)

    def _sync_with(self, live: LiveIndex, item_ids: Sequence[str]) -> bool:
        try:
            try:
                sync_items(self._store, self._index, live.fresh, item_ids)
            except UnknownCollection:  # it was live a moment ago, and is gone
                sync_items(self._store, self._index, live.fresh, item_ids)
        except PharosError as error:
            # The item is stored, so the request has not failed.
            logger.info("stored, but not indexed yet: %s", error)
            self._background_sync.wake()
            return False
        return True


def _checked(features: tuple[Feature, ...], item: NewItem, where: str) -> NewItem:
    return replace(item, features=_features(features, item.features, where))


def _features(features: tuple[Feature, ...], values: Mapping[str, object], where: str) -> dict[str, object]:
    try:
        return json_features(features, values)
    except FeatureError as error:
        raise InvalidRecord(f"{where}features.{error.field}", error.value, error.allowed) from error

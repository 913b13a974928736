"""Brings items of a collection to where they are in the store."""

from collections.abc import Callable, Iterable, Mapping

from pharos.indexing.build import payloads, points
from pharos.indexing.errors import UnknownItem
from pharos.indexing.index import VectorIndex
from pharos.indexing.payload import REVISION
from pharos.serving.errors import NotReady
from pharos.serving.live import Generation
from pharos.serving.store import ItemRecord, Store
from pharos.towers.bundle.bundle import Bundle


def apply(store: Store, index: VectorIndex, generation: Callable[[], Generation], item_ids: Iterable[str]) -> None:
    """Write the items as the store holds them to the generation's collection, and remove those that it does not hold.

    The store is read again after the index was written, until both agree. So of several that are at work on one item,
    in whatever threads and processes, each that comes late puts right what it did. A point says which revision of its
    item it was made of: what is there already is not written again, and where title and features are what they were,
    only the payload is. generation: asked again each time. Raises NotReady where the bundle reads features that the
    items do not have, and what the store, the index and the bundle raise.
    """
    pending, trusted = list(dict.fromkeys(item_ids)), True
    while pending:
        target = generation()
        records = store.items(pending)
        if records:
            require_features(store, target.bundle)
            _write(store, index, target, records, _held(index, target.collection, records) if trusted else {})
        gone = [item_id for item_id in pending if item_id not in records]
        if gone:
            index.delete(target.collection, gone)
        wanted, written = store.revisions(pending), {name: record.revision for name, record in records.items()}
        pending = [item_id for item_id in pending if wanted.get(item_id) != written.get(item_id)]
        # Who was slower than another may have written an old vector under a new payload.
        trusted = False


def require_features(store: Store, bundle: Bundle) -> None:
    """Raise NotReady where the bundle reads features that the store's items do not have."""
    known = {feature.name for feature in store.schema().items}
    absent = [feature.name for feature in bundle.schema.items if feature.name not in known]
    if absent:
        raise NotReady(
            "bundle",
            f"the bundle {bundle.id!r} reads features that the store does not know: {', '.join(absent)}; "
            "train one with `pharos train --from-store`",
        )


def _held(index: VectorIndex, collection: str, item_ids: Iterable[str]) -> dict[str, int]:
    """The revisions that the points of items were made of."""
    held = index.fetch(collection, list(item_ids), with_vectors=())
    return {item_id: point.payload[REVISION] for item_id, point in held.items() if REVISION in point.payload}


def _write(
    store: Store,
    index: VectorIndex,
    target: Generation,
    records: Mapping[str, ItemRecord],
    held: Mapping[str, int],
) -> None:
    changed = [record for name, record in records.items() if held.get(name) != record.revision]
    light = [record for record in changed if record.content_revision <= held.get(record.item_id, -1) < record.revision]
    heavy = [record for record in changed if record not in light]
    if light:
        for record, payload in zip(light, payloads(target.bundle, store.frame_of(light)), strict=True):
            try:
                index.set_payload(target.collection, record.item_id, payload)
            except UnknownItem:  # somebody has just deleted it, and the store may have it again
                heavy.append(record)
    if heavy:
        index.upsert(target.collection, points(target.bundle, store.frame_of(heavy)))

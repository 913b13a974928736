"""Syncs items of a collection with the store: the only code that writes changes to the index."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from pharos.indexing.build import payloads, points
from pharos.indexing.errors import UnknownItem
from pharos.indexing.index import VectorIndex
from pharos.indexing.payload import REVISION
from pharos.serving.errors import NotReady
from pharos.serving.index_sync.live_index import Generation
from pharos.serving.store import Change, ItemRecord, Store
from pharos.towers.bundle.bundle import Bundle

_BATCH: Final = 256


def sync_items(store: Store, index: VectorIndex, generation: Callable[[], Generation], item_ids: Iterable[str]) -> None:
    """Upsert the given items into the generation's collection as the store has them; delete those it does not have.

    The store is read again after the index was written, until both agree. So when several threads or processes write
    the same item, the last one to finish corrects whatever it overwrote. A point carries the revision of the item that
    it was made of: an up-to-date point is not written again, and where title and features are unchanged only the
    payload is. generation: asked again in each round. Raises NotReady where the bundle reads features that the items
    do not have, and what the store, the index and the bundle raise.
    """
    pending, trusted = list(dict.fromkeys(item_ids)), True
    while pending:
        target = generation()
        records = store.items(pending)
        if records:
            require_features(store, target.bundle)
            _write(store, index, target, records, _indexed(index, target.collection, records) if trusted else {})
        gone = [item_id for item_id in pending if item_id not in records]
        if gone:
            index.delete(target.collection, gone)
        wanted, written = store.revisions(pending), {name: record.revision for name, record in records.items()}
        pending = [item_id for item_id in pending if wanted.get(item_id) != written.get(item_id)]
        # A slower writer may have written an old vector under a new payload, so revisions cannot be trusted from here
        # on.
        trusted = False


def sync_changes(
    changes_since: Callable[[int, int], list[Change]],
    store: Store,
    index: VectorIndex,
    generation: Generation,
    since: int,
    until: int | None,
    report: Callable[[int], None],
) -> int:
    """Sync all items changed after revision `since`, in the order of their revisions.

    until: the last revision to sync; None to go on until there are no more changes. To sync a change twice is harmless.
    report: called with the number of changes done; what it raises ends the work. Returns the revision reached.
    """
    done = 0
    while changes := changes_since(since, _BATCH):
        changes = [change for change in changes if until is None or change.revision <= until]
        if not changes:
            break
        sync_items(store, index, lambda: generation, [change.item_id for change in changes])
        since = changes[-1].revision
        done += len(changes)
        report(done)
    return since


def require_features(store: Store, bundle: Bundle) -> None:
    """Raise NotReady if the bundle reads features that the store's items do not have."""
    known = {feature.name for feature in store.schema().items}
    absent = [feature.name for feature in bundle.schema.items if feature.name not in known]
    if absent:
        raise NotReady(
            "bundle",
            f"the bundle {bundle.id!r} reads features that the store does not know: {', '.join(absent)}; "
            "train one with `pharos train --from-store`",
        )


def _indexed(index: VectorIndex, collection: str, item_ids: Iterable[str]) -> dict[str, int]:
    """The revision in each item's indexed payload."""
    held = index.fetch(collection, list(item_ids), with_vectors=())
    return {item_id: point.payload[REVISION] for item_id, point in held.items() if REVISION in point.payload}


def _write(
    store: Store,
    index: VectorIndex,
    target: Generation,
    records: Mapping[str, ItemRecord],
    indexed: Mapping[str, int],
) -> None:
    """Upsert or patch items. indexed: their indexed revisions. Vectors are computed if title or features changed."""
    changed = [record for name, record in records.items() if indexed.get(name) != record.revision]
    only_payload = [
        record for record in changed if record.content_revision <= indexed.get(record.item_id, -1) < record.revision
    ]
    whole = [record for record in changed if record not in only_payload]
    if only_payload:
        for record, payload in zip(only_payload, payloads(target.bundle, store.frame_of(only_payload)), strict=True):
            try:
                index.set_payload(target.collection, record.item_id, payload)
            except UnknownItem:  # deleted meanwhile, and perhaps already back in the store
                whole.append(record)
    if whole:
        index.upsert(target.collection, points(target.bundle, store.frame_of(whole)))

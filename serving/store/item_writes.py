"""Writes items. Each change gets a new revision; a deletion leaves a tombstone with one."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, func, insert, literal, select, update

from pharos.ingest.columns import Columns
from pharos.ingest.unicode import nfc
from pharos.serving.store import item_reads, meta
from pharos.serving.store.records import ItemRecord, NewItem, WriteResult
from pharos.serving.store.tables import deleted, items
from pharos.serving.store.titles import title_key

# SQLite takes at most 32,766 parameters in one statement.
_LOOKUP: Final = 5000


def put(connection: Connection, new: Sequence[NewItem]) -> list[WriteResult]:
    """Create or replace items, all or none; results in their order. Ids must be distinct."""
    # Before the old rows are read: no two writers may both think that an item is new.
    first, now = meta.take_revisions(connection, len(new)), int(time.time())
    before = item_reads.by_id(connection, [item.item_id for item in new])
    written = [_result(item, before.get(item.item_id), first + place, now) for place, item in enumerate(new)]
    added = [_row(entry.record) for entry in written if entry.created]
    if added:
        connection.execute(insert(items), added)
    _change(connection, [entry.record for entry in written if not entry.created])
    remove_tombstones(connection, [item.item_id for item in new])
    return written


def patch(
    connection: Connection,
    item_id: str,
    *,
    title: str | None = None,
    features: Mapping[str, object] | None = None,
    absent: Sequence[str] = (),
    available: bool | None = None,
    times: Mapping[str, int | None] | None = None,
) -> ItemRecord | None:
    """Change the given fields of an item; returns None if there is no such item. absent: names of features to remove.

    times: available_from and available_until, those that are to be changed.
    """
    revision = meta.take_revisions(connection, 1)
    before = item_reads.by_id(connection, [item_id]).get(nfc(item_id))
    if before is None:
        return None
    kept = {name: value for name, value in before.features.items() if name not in absent}
    new = NewItem(
        item_id=before.item_id,
        title=before.title if title is None else title,
        features={**kept, **(features or {})},
        available=before.available if available is None else available,
        **{
            name: (times or {}).get(name, getattr(before, name))
            for name in (Columns.AVAILABLE_FROM, Columns.AVAILABLE_UNTIL)
        },
    )
    record = _result(new, before, revision, int(time.time())).record
    _change(connection, [record])
    return record


def remove(connection: Connection, item_id: str) -> int | None:
    """Delete an item and keep its events; returns the revision of the deletion, None if there is no such item."""
    revision = meta.take_revisions(connection, 1)
    if not connection.execute(delete(items).where(items.c.id == item_id)).rowcount:
        return None
    connection.execute(insert(deleted).values(id=item_id, revision=revision))
    return revision


def add_tombstones(connection: Connection) -> None:
    """Write a tombstone for every item, each with its own revision; the items themselves stay."""
    count = item_reads.count(connection)
    before = meta.take_revisions(connection, count) - 1
    place = func.row_number().over(order_by=items.c.id)
    query = select(items.c.id, literal(before) + place)
    connection.execute(insert(deleted).from_select(["id", "revision"], query))


def remove_tombstones(connection: Connection, item_ids: Sequence[str]) -> None:
    """Delete the tombstones of items that exist again."""
    for start in range(0, len(item_ids), _LOOKUP):
        connection.execute(delete(deleted).where(deleted.c.id.in_(item_ids[start : start + _LOOKUP])))


def _result(new: NewItem, before: ItemRecord | None, revision: int, now: int) -> WriteResult:
    same = before is not None and (before.title, before.features) == (new.title, new.features)
    record = ItemRecord(
        item_id=new.item_id,
        title=new.title,
        features=new.features,
        available=new.available,
        available_from=new.available_from,
        available_until=new.available_until,
        created_at=before.created_at if before else now,
        updated_at=now,
        revision=revision,
        content_revision=before.content_revision if before and same else revision,
    )
    return WriteResult(record, created=before is None)


def _row(record: ItemRecord) -> dict[str, Any]:
    return {
        "id": record.item_id,
        "title": record.title,
        "title_key": title_key(record.title),
        "features": record.features,
        "available": record.available,
        "available_from": record.available_from,
        "available_until": record.available_until,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "revision": record.revision,
        "content_revision": record.content_revision,
    }


def _change(connection: Connection, records: Sequence[ItemRecord]) -> None:
    rows = [_row(record) for record in records]
    if rows:
        # A bound parameter may not have the name of a column.
        values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in rows[0] if name != "id"}
        statement = update(items).where(items.c.id == bindparam("new_id")).values(values)
        connection.execute(statement, [{f"new_{name}": value for name, value in row.items()} for row in rows])

"""Reads items."""

import time
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, func, select

from pharos.indexing.filters import Filter
from pharos.ingest.unicode import nfc
from pharos.serving.store.filter_sql import matches
from pharos.serving.store.prepared import Prepared, listed, read_json
from pharos.serving.store.records import Change, ItemRecord
from pharos.serving.store.shown import shown_now
from pharos.serving.store.tables import deleted, item_counts, items

# SQLite takes at most 32,766 parameters in one statement.
_LOOKUP: Final = 5000
_COLUMNS: Final = (
    items.c.id,
    items.c.title,
    items.c.features,
    items.c.available,
    items.c.created_at,
    items.c.updated_at,
    items.c.revision,
    items.c.content_revision,
    items.c.available_from,
    items.c.available_until,
)
_NEWEST: Final = 2**62


def _with_ids(*columns: Any) -> Prepared:
    return Prepared(lambda dialect: select(*columns).where(listed(dialect, items.c.id, "ids")))


_BY_ID: Final = _with_ids(*_COLUMNS)
_REVISIONS: Final = _with_ids(items.c.id, items.c.revision)
# With the flag among the conditions, SQLite would walk the index of the flag, which nearly all items share.
_SHOWN: Final = (items.c.id, items.c.available, items.c.available_from, items.c.available_until)
_AVAILABILITY: Final = _with_ids(*_SHOWN)


def by_id(connection: Connection, item_ids: Sequence[str]) -> dict[str, ItemRecord]:
    """Items by id; unknown ids are left out."""
    rows = _BY_ID(connection, _listing(item_ids))
    return {row[0]: ItemRecord(row[0], row[1], read_json(connection, row[2]), bool(row[3]), *row[4:]) for row in rows}


def existing(connection: Connection, item_ids: Sequence[str]) -> set[str]:
    """Those of the ids that the store has."""
    return {row[0] for row in _AVAILABILITY(connection, _listing(item_ids))}


def available(connection: Connection, item_ids: Sequence[str]) -> set[str]:
    """Those of the ids whose items may be shown at this moment."""
    return _shown(_AVAILABILITY(connection, _listing(item_ids)))


def passing(connection: Connection, item_ids: Sequence[str], filter: Filter) -> set[str]:
    """Those of the ids whose items may be shown at this moment and pass the (checked) filter. At most 5,000 ids."""
    inside = items.c.id.in_([nfc(item_id) for item_id in item_ids])
    query = select(*_SHOWN).where(inside, matches(connection.dialect.name, filter))
    return _shown(tuple(row) for row in connection.execute(query))


def _shown(rows: Iterable[tuple[Any, ...]]) -> set[str]:
    now = time.time()
    return {
        item_id
        for item_id, is_available, begin, end in rows
        if is_available and (begin is None or begin <= now) and (end is None or now < end)
    }


def _listing(item_ids: Sequence[str]) -> dict[str, object]:
    return {"ids": [nfc(item_id) for item_id in item_ids]}


def page(connection: Connection, size: int, since: int, until: int) -> list[ItemRecord]:
    """The first `size` items with a revision above `since` and at most `until`, ordered by revision."""
    within = (items.c.revision > since, items.c.revision <= until)
    query = select(*_COLUMNS).where(*within).order_by(items.c.revision).limit(size)
    return [_record(tuple(row)) for row in connection.execute(query)]


def changes(connection: Connection, since: int, limit: int) -> list[Change]:
    """The first `limit` changes above revision `since`, ordered by revision, deletions included."""
    gone = select(deleted.c.id, deleted.c.revision).where(deleted.c.revision > since)
    rows = connection.execute(gone.order_by(deleted.c.revision).limit(limit))
    found = [Change(item_id, revision, None) for item_id, revision in rows]
    found += [Change(record.item_id, record.revision, record) for record in page(connection, limit, since, _NEWEST)]
    return sorted(found, key=lambda change: change.revision)[:limit]


def revisions(connection: Connection, item_ids: Sequence[str]) -> dict[str, int]:
    """Revisions of items by id; unknown ids are left out."""
    return dict(_REVISIONS(connection, _listing(item_ids)))


def count(connection: Connection) -> int:
    """The count of items."""
    return int(connection.execute(select(func.count()).select_from(items)).scalar_one())


def matching(connection: Connection, item_ids: Sequence[str], filter: Filter) -> set[str]:
    """Those of the items that pass the filter."""
    query, found = _query(connection.dialect.name, filter), set[str]()
    for start in range(0, len(item_ids), _LOOKUP):
        found.update(connection.execute(query, {"ids": item_ids[start : start + _LOOKUP]}).scalars())
    return found


# To build a statement takes longer than to run it, and the rules are few and always the same.
@lru_cache(maxsize=64)
def _query(dialect: str, filter: Filter) -> Select[Any]:
    return select(items.c.id).where(items.c.id.in_(bindparam("ids", expanding=True)), matches(dialect, filter))


def new_items(connection: Connection, limit: int, since: int | None, fewer_than: int | None) -> list[str]:
    """Available items that are new by every given criterion, the newest first.

    since: added at this time (unix seconds) or later. fewer_than: events of all kinds and people. None are new where
    neither is given.
    """
    if since is None and fewer_than is None:
        return []
    query = select(items.c.id).where(shown_now())
    if since is not None:
        query = query.where(items.c.created_at >= since)
    if fewer_than is not None:
        counts = (
            select(item_counts.c.item_id, func.sum(item_counts.c.events).label("events"))
            .group_by(item_counts.c.item_id)
            .subquery()
        )
        query = query.outerjoin(counts, counts.c.item_id == items.c.id)
        query = query.where(func.coalesce(counts.c.events, 0) < fewer_than)
    ordered = query.order_by(items.c.created_at.desc(), items.c.id).limit(limit)
    return list(connection.execute(ordered).scalars())


def _record(row: Sequence[Any]) -> ItemRecord:
    return ItemRecord(*row)

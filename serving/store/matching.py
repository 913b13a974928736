"""Which items fulfil conditions, and which are new."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, func, select

from pharos.indexing.filters import Filter
from pharos.serving.store.filtering import matches
from pharos.serving.store.tables import item_counts, items

# SQLite takes at most 32,766 parameters in one statement.
_LOOKUP: Final = 5000


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
    """Available items, the newest first, that are new in each way that is given.

    since: added at this time (unix seconds) or later. fewer_than: events of all kinds and people. None are new where
    neither is given.
    """
    if since is None and fewer_than is None:
        return []
    query = select(items.c.id).where(items.c.available)
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

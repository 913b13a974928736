"""Paginated lists of items, users and events.

The order is by keys that no write changes. So a row that is there all the time is in exactly one page, whatever is
written meanwhile; a row that comes or goes meanwhile may be in one or in none.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, func, select, tuple_

from pharos.indexing.filters import Filter
from pharos.serving.store import item_reads
from pharos.serving.store.filter_sql import matches
from pharos.serving.store.records import ItemRecord, PersonalData, StoredEvent, User
from pharos.serving.store.tables import events, ignored, items, users

_EVENT: Final = (
    events.c.id,
    events.c.user_id,
    events.c.item_id,
    events.c.type,
    events.c.value,
    events.c.timestamp,
)
_IN_TIME: Final = (events.c.timestamp, events.c.id)


def list_items(
    connection: Connection, limit: int, after: str | None = None, filter: Filter | None = None
) -> list[ItemRecord]:
    """The first `limit` items that pass the (checked) filter, by id. after: the last id of the previous page."""
    query = select(items.c.id).where(matches(connection.dialect.name, filter or Filter()))
    if after is not None:
        query = query.where(items.c.id > after)
    ids = list(connection.execute(query.order_by(items.c.id).limit(limit)).scalars())
    found = item_reads.by_id(connection, ids)
    return [found[item_id] for item_id in ids]


def list_users(connection: Connection, limit: int, after: str | None = None) -> list[User]:
    """The first `limit` users, by id. after: the last id of the previous page."""
    query = select(users.c.id, users.c.features)
    if after is not None:
        query = query.where(users.c.id > after)
    rows = connection.execute(query.order_by(users.c.id).limit(limit)).all()
    ids = [user_id for user_id, _ in rows]
    counted = select(events.c.user_id, func.count()).where(events.c.user_id.in_(ids)).group_by(events.c.user_id)
    counts = {user_id: int(count) for user_id, count in connection.execute(counted)}
    hidden: dict[str, list[str]] = {}
    ordered = select(ignored.c.user_id, ignored.c.item_id).where(ignored.c.user_id.in_(ids))
    for user_id, item_id in connection.execute(ordered.order_by(ignored.c.timestamp, ignored.c.item_id)):
        hidden.setdefault(user_id, []).append(item_id)
    return [
        User(user_id, features, counts.get(user_id, 0), tuple(hidden.get(user_id, ()))) for user_id, features in rows
    ]


def list_events(connection: Connection, limit: int, after: int | None = None) -> list[StoredEvent]:
    """The first `limit` events of all users, in stored order. after: the last number of the previous page."""
    query = select(*_EVENT)
    if after is not None:
        query = query.where(events.c.id > after)
    return [StoredEvent(*row) for row in connection.execute(query.order_by(events.c.id).limit(limit))]


def list_events_of(
    connection: Connection, user_id: str, limit: int, after: Sequence[int] | None = None
) -> list[StoredEvent]:
    """The first `limit` events of a user, oldest first. after: timestamp and number of the previous page's last."""
    query = select(*_EVENT).where(events.c.user_id == user_id)
    if after is not None:
        query = query.where(tuple_(*_IN_TIME) > tuple_(*after))
    return [StoredEvent(*row) for row in connection.execute(query.order_by(*_IN_TIME).limit(limit))]


def personal_data(connection: Connection, user_id: str) -> PersonalData | None:
    """A snapshot of all stored data of a user; None if there is none."""
    features = connection.execute(select(users.c.features).where(users.c.id == user_id)).scalar()
    query = select(*_EVENT).where(events.c.user_id == user_id).order_by(*_IN_TIME)
    done = tuple(StoredEvent(*row) for row in connection.execute(query))
    order = (ignored.c.timestamp, ignored.c.item_id)
    hidden = select(ignored.c.item_id, ignored.c.timestamp).where(ignored.c.user_id == user_id).order_by(*order)
    not_shown = tuple((item_id, int(timestamp)) for item_id, timestamp in connection.execute(hidden))
    if features is None and not done and not not_shown:
        return None
    return PersonalData(user_id, features or {}, done, not_shown)

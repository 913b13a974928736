"""Reads histories, features and ignored items of users."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, func, select, union

from pharos.ingest.unicode import nfc
from pharos.serving.store.prepared import Prepared, listed, read_json
from pharos.serving.store.records import Event, User
from pharos.serving.store.tables import events, ignored, users
from pharos.towers.histories.queries import HistoryEvent


def _newest(dialect: str) -> Select[Any]:
    return (
        select(events.c.item_id, events.c.type, events.c.value, events.c.timestamp)
        .where(events.c.user_id == bindparam("user"), ~listed(dialect, events.c.type, "without"))
        .order_by(events.c.timestamp.desc(), events.c.id.desc())
        .limit(bindparam("most"))
    )


_NEWEST: Final = Prepared(_newest)
_EVENTS: Final = Prepared(lambda _: select(events.c.item_id).where(events.c.user_id == bindparam("user")).distinct())
_IGNORED: Final = Prepared(lambda _: select(ignored.c.item_id).where(ignored.c.user_id == bindparam("user")))
_FEATURES: Final = Prepared(lambda _: select(users.c.features).where(users.c.id == bindparam("user")))
_EVENTS_OF_MANY: Final = Prepared(
    lambda dialect: (
        select(events.c.user_id, events.c.item_id, events.c.type, events.c.value, events.c.timestamp)
        .where(listed(dialect, events.c.user_id, "ids"))
        .order_by(events.c.timestamp.desc(), events.c.id.desc())
    )
)
_IGNORED_BY_MANY: Final = Prepared(
    lambda dialect: select(ignored.c.user_id, ignored.c.item_id).where(listed(dialect, ignored.c.user_id, "ids"))
)
_FEATURES_OF_MANY: Final = Prepared(
    lambda dialect: select(users.c.id, users.c.features).where(listed(dialect, users.c.id, "ids"))
)


def history(connection: Connection, user_id: str, limit: int, without_types: Collection[str] = ()) -> list[Event]:
    """The newest `limit` events of a user, oldest first, one per item, with the item's newest rating."""
    return [Event(*row) for row in _one_per_item(connection, user_id, limit, without_types)]


def history_events(
    connection: Connection, user_id: str, limit: int, without_types: Collection[str] = ()
) -> tuple[HistoryEvent, ...]:
    """The same as the models take it."""
    rows = _one_per_item(connection, user_id, limit, without_types)
    return tuple(HistoryEvent(item_id, value, timestamp) for item_id, _, value, timestamp in rows)


def _one_per_item(
    connection: Connection, user_id: str, limit: int, without_types: Collection[str]
) -> list[tuple[str, str, float | None, int | None]]:
    return _merged(_NEWEST(connection, {"user": nfc(user_id), "without": list(without_types), "most": limit}))


def _merged(rows: Iterable[tuple[Any, ...]]) -> list[tuple[str, str, float | None, int | None]]:
    """Of events, the newest first, one per item, the oldest first."""
    newest: dict[str, tuple[str, str, float | None, int | None]] = {}
    for item_id, kind, value, timestamp in rows:
        known = newest.get(item_id)
        if known is None:
            newest[item_id] = (item_id, kind, value, timestamp or None)
        elif known[2] is None and value is not None:
            newest[item_id] = (item_id, known[1], value, known[3])
    return list(newest.values())[::-1]


@dataclass(frozen=True)
class Known:
    """What the store knows of a user. history: as `history_events`; seen: as `seen`; features: as `user_features`."""

    history: tuple[HistoryEvent, ...]
    seen: frozenset[str]
    features: Mapping[str, Any] | None


def many(
    connection: Connection, user_ids: Sequence[str], limit: int, without_types: Collection[str] = ()
) -> dict[str, Known]:
    """The same of many users, in three statements: by the user ids in NFC."""
    ids = [nfc(user_id) for user_id in user_ids]
    asked = {"ids": ids}
    events_of: dict[str, list[tuple[Any, ...]]] = {user_id: [] for user_id in ids}
    for row in _EVENTS_OF_MANY(connection, asked):
        events_of[row[0]].append(row)
    ignored_by: dict[str, list[str]] = {user_id: [] for user_id in ids}
    for user_id, item_id in _IGNORED_BY_MANY(connection, asked):
        ignored_by[user_id].append(item_id)
    features = {user_id: read_json(connection, told) for user_id, told in _FEATURES_OF_MANY(connection, asked)}
    found = {}
    for user_id, rows in events_of.items():
        counted = [row[1:] for row in rows if row[2] not in without_types][:limit]
        history = tuple(HistoryEvent(item_id, value, timestamp) for item_id, _, value, timestamp in _merged(counted))
        had = frozenset([row[1] for row in rows]).union(ignored_by[user_id])
        found[user_id] = Known(history, had, features.get(user_id))
    return found


def seen(connection: Connection, user_id: str) -> set[str]:
    """Items that a user has an event with, or ignores."""
    user = {"user": nfc(user_id)}
    return {item_id for (item_id,) in (*_EVENTS(connection, user), *_IGNORED(connection, user))}


def user_features(connection: Connection, user_id: str) -> dict[str, Any] | None:
    """The user's features, as JSON; None for an unknown user."""
    rows = _FEATURES(connection, {"user": nfc(user_id)})
    return read_json(connection, rows[0][0]) if rows else None


def some(connection: Connection, limit: int) -> list[tuple[str, int]]:
    """The first `limit` users with events, and their event counts."""
    first = select(events.c.user_id).distinct().order_by(events.c.user_id).limit(limit).subquery()
    query = select(events.c.user_id, func.count()).where(events.c.user_id.in_(select(first.c.user_id)))
    rows = connection.execute(query.group_by(events.c.user_id).order_by(events.c.user_id))
    return [(user_id, int(count)) for user_id, count in rows]


def all_ids(connection: Connection) -> list[str]:
    """All users with features or events, ordered by id."""
    known = union(select(users.c.id.label("id")), select(events.c.user_id)).subquery()
    return list(connection.execute(select(known.c.id).order_by(known.c.id)).scalars())


def user(connection: Connection, user_id: str) -> User | None:
    """Features, event count and ignored items of a user; None if there is nothing."""
    features = connection.execute(select(users.c.features).where(users.c.id == user_id)).scalar()
    count = connection.execute(select(func.count()).where(events.c.user_id == user_id)).scalar_one()
    order = (ignored.c.timestamp, ignored.c.item_id)
    hidden = connection.execute(select(ignored.c.item_id).where(ignored.c.user_id == user_id).order_by(*order))
    item_ids = tuple(hidden.scalars())
    if features is None and not count and not item_ids:
        return None
    return User(user_id, features or {}, int(count), item_ids)

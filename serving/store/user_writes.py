"""Writes events, ignored items and user features, and keeps the event counts in sync."""

import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from sqlalchemy import ColumnElement, Connection, and_, delete, func, literal, select, update

from pharos.serving.errors import UnknownItem
from pharos.serving.store import item_reads, user_reads
from pharos.serving.store.engine import insert_ignore, insert_or_add
from pharos.serving.store.records import Merged, UserEvent
from pharos.serving.store.tables import events, ignored, item_counts, users

# SQLite takes at most 32,766 parameters in one statement.
_LOOKUP: Final = 5000

MOST_REPEATS: Final = 10
"""The newest events kept per user, item and type, which bounds a user's weight in popularity."""

_Counted: TypeAlias = tuple[str, str, float | None]
"""What is counted of an event: item_id, type, value."""


def add_events(connection: Connection, new: Sequence[UserEvent]) -> int:
    """Add events, all or none, and count them; returns how many were new. Raises UnknownItem. Users need not exist."""
    known = item_reads.existing(connection, list({event.item_id for event in new}))
    for event in new:
        if event.item_id not in known:
            raise UnknownItem(event.item_id)
    _hold_users(connection, {event.user_id for event in new})
    rows = [
        {
            "user_id": event.user_id,
            "item_id": event.item_id,
            "type": event.type,
            "value": event.value,
            "timestamp": event.timestamp,
        }
        for event in new
    ]
    statement = insert_ignore(connection, events).returning(events.c.item_id, events.c.type, events.c.value)
    added: list[_Counted] = [tuple(row) for row in connection.execute(statement, rows)]
    _count(connection, added, 1)
    _forget_repeats(connection, new)
    return len(added)


def _forget_repeats(connection: Connection, new: Sequence[UserEvent]) -> None:
    """Delete a user's oldest events of an item and type beyond the limit."""
    keys = {(event.user_id, event.item_id, event.type) for event in new}
    users_of_items: dict[tuple[str, str], set[str]] = defaultdict(set)
    for user_id, item_id, kind in keys:
        users_of_items[user_id, kind].add(item_id)
    for (user_id, kind), item_ids in sorted(users_of_items.items()):
        same = (events.c.user_id == user_id, events.c.type == kind, events.c.item_id.in_(sorted(item_ids)))
        newest_first = (events.c.timestamp.desc(), events.c.id.desc())
        place = func.row_number().over(partition_by=events.c.item_id, order_by=newest_first)
        ranked = select(events.c.id, place.label("place")).where(*same).subquery()
        repeats = select(ranked.c.id).where(ranked.c.place > MOST_REPEATS)
        _remove_events(connection, events.c.id.in_(repeats))


def add_users(connection: Connection, user_ids: Sequence[str]) -> None:
    """Add users without features; existing ones are skipped."""
    # In one order everywhere: transactions that wait for each other crosswise would deadlock.
    rows = [{"id": user_id, "features": {}} for user_id in sorted(set(user_ids))]
    connection.execute(insert_ignore(connection, users), rows)


def _hold_users(connection: Connection, user_ids: Collection[str]) -> None:
    """Lock the users until the end of the transaction, adding those that do not exist."""
    query = select(users.c.id).where(users.c.id.in_(sorted(user_ids))).order_by(users.c.id).with_for_update()
    held = 0
    while held < len(user_ids):  # again where one was deleted while this waited for it
        add_users(connection, list(user_ids))
        held = len(connection.execute(query).all())


def put_user(connection: Connection, user_id: str, features: Mapping[str, object]) -> None:
    """Replace the features of a user; the user is added if needed."""
    add_users(connection, [user_id])
    connection.execute(update(users).where(users.c.id == user_id).values(features=features))


def ignore(connection: Connection, user_id: str, item_id: str) -> None:
    """Add an ignored item of a user. Raises UnknownItem. The user need not exist."""
    if not item_reads.existing(connection, [item_id]):
        raise UnknownItem(item_id)
    add_users(connection, [user_id])
    row = {"user_id": user_id, "item_id": item_id, "timestamp": int(time.time())}
    connection.execute(insert_ignore(connection, ignored), row)


def stop_ignoring(connection: Connection, user_id: str, item_id: str, types: Sequence[str]) -> None:
    """Remove an ignored item of a user, and the user's events of these types with it."""
    connection.execute(delete(ignored).where(ignored.c.user_id == user_id, ignored.c.item_id == item_id))
    of_types = and_(events.c.user_id == user_id, events.c.item_id == item_id, events.c.type.in_(types))
    _remove_events(connection, of_types)


def remove_user(connection: Connection, user_id: str) -> None:
    """Delete features, events and ignored items of a user."""
    connection.execute(delete(users).where(users.c.id == user_id))
    connection.execute(delete(ignored).where(ignored.c.user_id == user_id))
    _remove_events(connection, events.c.user_id == user_id)


def remove_event(connection: Connection, user_id: str, item_id: str, kind: str, timestamp: int) -> bool:
    """Delete one event; returns whether there was one."""
    same = (events.c.user_id == user_id, events.c.item_id == item_id)
    return _remove_events(connection, and_(*same, events.c.type == kind, events.c.timestamp == timestamp)) > 0


def merge(connection: Connection, user_id: str, into: str) -> Merged | None:
    """Move all data of one user to another, who need not exist, and delete the first.

    Events that both have count once; features that both have stay as the other has them. Returns None where nothing is
    known of the first. The two must differ.
    """
    known = user_reads.user(connection, user_id)
    if known is None:
        return None
    _hold_users(connection, {user_id, into})
    own, theirs = events.alias("own"), events.alias("theirs")
    alike = [own.c[name] == theirs.c[name] for name in ("item_id", "type", "timestamp")]
    both = select(own.c.id).join_from(own, theirs, and_(*alike))
    both = both.where(own.c.user_id == user_id, theirs.c.user_id == into)
    twice = _remove_events(connection, events.c.id.in_(both))
    moving = update(events).where(events.c.user_id == user_id).values(user_id=into)
    moved = [
        UserEvent(into, item_id, kind, value, timestamp)
        for item_id, kind, value, timestamp in connection.execute(
            moving.returning(events.c.item_id, events.c.type, events.c.value, events.c.timestamp)
        )
    ]
    for start in range(0, len(moved), _LOOKUP):
        _forget_repeats(connection, moved[start : start + _LOOKUP])
    hidden = select(literal(into, ignored.c.user_id.type), ignored.c.item_id, ignored.c.timestamp).where(
        ignored.c.user_id == user_id
    )
    names = [column.name for column in ignored.c]
    connection.execute(insert_ignore(connection, ignored).from_select(names, hidden))
    features = user_reads.user_features(connection, into) or {}
    put_user(connection, into, {**(user_reads.user_features(connection, user_id) or {}), **features})
    remove_user(connection, user_id)
    return Merged(moved=len(moved), known=twice)


def _remove_events(connection: Connection, which: ColumnElement[bool]) -> int:
    """Delete events and subtract them from the counts; returns how many there were."""
    statement = delete(events).where(which).returning(events.c.item_id, events.c.type, events.c.value)
    gone: list[_Counted] = [tuple(row) for row in connection.execute(statement)]
    _count(connection, gone, -1)
    for start in range(0, len(gone), _LOOKUP):
        item_ids = [row[0] for row in gone[start : start + _LOOKUP]]
        empty = (item_counts.c.item_id.in_(item_ids), item_counts.c.events <= 0)
        connection.execute(delete(item_counts).where(*empty))
    return len(gone)


def _count(connection: Connection, changed: Iterable[_Counted], sign: int) -> None:
    """Add events to the counts of their items, or subtract them."""
    count: Counter[tuple[str, str]] = Counter()
    values: dict[tuple[str, str], list[float]] = defaultdict(list)
    for item_id, kind, value in changed:
        count[item_id, kind] += 1
        if value is not None:
            values[item_id, kind].append(value)
    rows = [
        {
            "item_id": key[0],
            "type": key[1],
            "events": sign * count[key],
            "rated": sign * len(values[key]),
            "value_sum": sign * sum(values[key]),
        }
        for key in sorted(count)
    ]
    if rows:
        connection.execute(insert_or_add(connection, item_counts, ("events", "rated", "value_sum")), rows)

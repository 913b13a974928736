"""Reads event counts, and checks them against the events."""

import math
from typing import Final, TypeAlias

from sqlalchemy import Connection, func, select

from pharos.serving.store.tables import events, item_counts

_Counts: TypeAlias = dict[tuple[str, str], tuple[int, int, float]]
# Sums of the same numbers in another order differ by little.
_TOLERANCE: Final = 1e-6


def miscounted(connection: Connection) -> list[str]:
    """Items whose stored counts differ from their events, sorted; empty unless something is broken."""
    counted, kept = _counted(connection), _kept(connection)
    keys = counted.keys() | kept.keys()
    return sorted({key[0] for key in keys if not _agree(counted.get(key), kept.get(key))})


def events_of(connection: Connection, item_id: str) -> int:
    """The count of all events of an item."""
    query = select(func.coalesce(func.sum(item_counts.c.events), 0)).where(item_counts.c.item_id == item_id)
    return int(connection.execute(query).scalar_one())


def _counted(connection: Connection) -> _Counts:
    columns = (func.count(), func.count(events.c.value), func.coalesce(func.sum(events.c.value), 0.0))
    query = select(events.c.item_id, events.c.type, *columns).group_by(events.c.item_id, events.c.type)
    return {(item_id, kind): (count, rated, total) for item_id, kind, count, rated, total in connection.execute(query)}


def _kept(connection: Connection) -> _Counts:
    columns = (item_counts.c.events, item_counts.c.rated, item_counts.c.value_sum)
    query = select(item_counts.c.item_id, item_counts.c.type, *columns)
    return {(item_id, kind): (count, rated, total) for item_id, kind, count, rated, total in connection.execute(query)}


def _agree(one: tuple[int, int, float] | None, other: tuple[int, int, float] | None) -> bool:
    if one is None or other is None:
        return False
    return one[:2] == other[:2] and math.isclose(one[2], other[2], rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)

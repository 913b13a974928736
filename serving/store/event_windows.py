"""Event counts in time windows."""

from collections.abc import Mapping

from sqlalchemy import Connection, case, func, literal, select

from pharos.serving.store.records import ItemEvents
from pharos.serving.store.tables import events, item_counts


def newest(connection: Connection, until: int) -> int | None:
    """The time of the newest event up to `until`, in unix seconds; 0 if no event has a time, None without events.

    until: now, so that one event with a time in the future does not move every window.
    """
    query = select(func.max(events.c.timestamp)).where(events.c.timestamp <= until)
    found: int | None = connection.execute(query).scalar_one()
    return found


def within(connection: Connection, start: int, stop: int, weights: Mapping[str, float]) -> list[ItemEvents]:
    """Event counts of items from `start` on and before `stop`, in unix seconds; items without events are left out.

    Types of weight 0 in `weights`, and those without one, count nothing.
    """
    counted = [name for name, weight in weights.items() if weight > 0]
    weight = case(*((events.c.type == name, literal(weights[name])) for name in counted), else_=0.0)
    query = (
        select(
            events.c.item_id,
            func.count(),
            func.sum(weight),
            func.count(events.c.value),
            func.coalesce(func.sum(events.c.value), 0.0),
        )
        .where(events.c.timestamp >= start, events.c.timestamp < stop, events.c.type.in_(counted))
        .group_by(events.c.item_id)
        .order_by(events.c.item_id)
    )
    return [ItemEvents(*row) for row in connection.execute(query)]


def ever(connection: Connection, weights: Mapping[str, float]) -> list[ItemEvents]:
    """Event counts of all time, from the stored counts."""
    counted = [name for name, weight in weights.items() if weight > 0]
    weight = case(*((item_counts.c.type == name, literal(weights[name])) for name in counted), else_=0.0)
    query = (
        select(
            item_counts.c.item_id,
            func.sum(item_counts.c.events),
            func.sum(item_counts.c.events * weight),
            func.sum(item_counts.c.rated),
            func.sum(item_counts.c.value_sum),
        )
        .where(item_counts.c.type.in_(counted))
        .group_by(item_counts.c.item_id)
        .order_by(item_counts.c.item_id)
    )
    return [
        ItemEvents(item, int(many), float(weighed), int(rated), float(total))
        for item, many, weighed, rated, total in connection.execute(query)
    ]

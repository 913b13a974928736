"""Which items may be shown at a time."""

import time

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from pharos.serving.store.tables import items


def shown_now() -> ColumnElement[bool]:
    """The SQL condition that an item may be shown now."""
    now = int(time.time())
    begun = or_(items.c.available_from.is_(None), items.c.available_from <= now)
    return and_(items.c.available, begun, or_(items.c.available_until.is_(None), items.c.available_until > now))


def some_out_of_time(connection: Connection) -> bool:
    """Whether any item is hidden now by its times alone."""
    now = int(time.time())
    early, late = (
        select(items.c.id).where(outside).limit(1)
        for outside in (items.c.available_from > now, items.c.available_until <= now)
    )
    return any(connection.execute(query).first() is not None for query in (early, late))


def some_unavailable(connection: Connection) -> bool:
    """Whether any item is hidden at all times."""
    return connection.execute(select(items.c.id).where(items.c.available.is_(False)).limit(1)).first() is not None


def next_change(connection: Connection) -> int | None:
    """The next time at which an item appears or disappears by its times, in unix seconds; None if there is none."""
    now = int(time.time())
    times = []
    for column in (items.c.available_from, items.c.available_until):
        found = connection.execute(select(func.min(column)).where(items.c.available, column > now)).scalar()
        times += [] if found is None else [int(found)]
    return min(times, default=None)

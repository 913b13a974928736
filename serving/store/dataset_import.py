"""Bulk import of a data set in one transaction; importing it again changes nothing."""

import math
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, repeat
from typing import Any, Final, TypeVar

import pandas as pd
from sqlalchemy import Connection, Table, bindparam, case, delete, func, insert, select, update

from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset
from pharos.ingest.history import order
from pharos.serving.errors import StoreError
from pharos.serving.store import item_writes, meta
from pharos.serving.store.engine import insert_ignore
from pharos.serving.store.features import feature_dicts, without_nul
from pharos.serving.store.records import ImportCounts
from pharos.serving.store.tables import ID_LENGTH, events, ignored, item_counts, items, users
from pharos.serving.store.titles import title_key
from pharos.towers.progress import Progress

# SQLite takes at most 32,766 parameters in one statement, and a batch is looked up in one.
BATCH: Final = 5000
TIMES: Final = (Columns.AVAILABLE_FROM, Columns.AVAILABLE_UNTIL)

_Entry = TypeVar("_Entry")


def import_dataset(connection: Connection, dataset: Dataset, progress: Progress, *, replace: bool) -> ImportCounts:
    """Import items, users and interactions in the connection's transaction.

    Rows that are there already stay as they are if they are equal, and keep their revision; items and users that the
    data set does not name stay too, unless `replace` is set: then the store is emptied first. Raises StoreError where
    the store holds other features, or an id is longer than the store takes.
    """
    _check_ids(dataset)
    meta.hold_revision(connection)
    if replace:
        item_writes.add_tombstones(connection)
        for table in (items, users, events, item_counts, ignored):
            connection.execute(delete(table))
    known = meta.schema(connection)
    if known is not None and known != dataset.schema and not replace:
        raise StoreError(
            f"the store holds {meta.dataset(connection)!r}, which declares other features than {dataset.name!r}; "
            "import with --replace to empty the store first, or use another data_dir"
        )
    meta.describe(connection, dataset.schema, dataset.name)
    total = len(dataset.items) + len(dataset.users) + len(dataset.interactions)
    with progress.task("importing", total) as task:
        items_changed = users_changed = 0
        for batch in _batches(_item_rows(dataset)):
            items_changed += _upsert_items(connection, batch)
            task.advance(len(batch))
        for batch in _batches(_user_rows(dataset)):
            users_changed += _upsert_changed(connection, users, batch)
            task.advance(len(batch))
        before = _count(connection, events)
        for batch in _batches(_event_rows(dataset)):
            connection.execute(insert_ignore(connection, events), batch)
            task.advance(len(batch))
    recount(connection)
    return ImportCounts(
        items=len(dataset.items),
        users=len(dataset.users),
        events=len(dataset.interactions),
        items_changed=items_changed,
        users_changed=users_changed,
        events_added=_count(connection, events) - before,
    )


def recount(connection: Connection) -> None:
    """Recompute the event counts by item and type."""
    connection.execute(delete(item_counts))
    counts = select(
        events.c.item_id,
        events.c.type,
        func.count(),
        func.sum(case((events.c.value.is_not(None), 1), else_=0)),
        func.coalesce(func.sum(events.c.value), 0.0),
    ).group_by(events.c.item_id, events.c.type)
    connection.execute(insert(item_counts).from_select([column.name for column in item_counts.c], counts))


def _check_ids(dataset: Dataset) -> None:
    for ids in (dataset.items[Columns.ITEM], dataset.users[Columns.USER]):
        long = ids[ids.str.len() > ID_LENGTH]
        if len(long):
            raise StoreError(f"the id {long.iloc[0][:60]!r}… is longer than {ID_LENGTH} characters")
        broken = ids[ids.str.contains("\0", regex=False)]
        if len(broken):
            raise StoreError(f"the id {broken.iloc[0][:60]!r} holds a NUL, which not every database can keep")


def _item_rows(dataset: Dataset) -> Iterator[dict[str, Any]]:
    ids, titles = dataset.items[Columns.ITEM].tolist(), dataset.items[Columns.TITLE].tolist()
    names = [name for name in TIMES if name in dataset.items]
    times = zip(*(_whole_seconds(dataset.items[name]) for name in names), strict=True) if names else repeat(())
    features = feature_dicts(dataset.schema.items, dataset.items)
    # If the data set has no such times, items keep theirs.
    for item_id, title, known, at in zip(ids, titles, features, islice(times, len(ids)), strict=True):
        title = without_nul(title)
        row = {"id": item_id, "title": title, "title_key": title_key(title), "features": known}
        yield {**row, **dict(zip(names, at, strict=True))}


def _whole_seconds(moments: pd.Series) -> list[int | None]:
    return [None if math.isnan(moment) else int(moment) for moment in moments.tolist()]


def _user_rows(dataset: Dataset) -> Iterator[dict[str, Any]]:
    features = feature_dicts(dataset.schema.users, dataset.users)
    for user_id, known in zip(dataset.users[Columns.USER].tolist(), features, strict=True):
        yield {"id": user_id, "features": known}


def _event_rows(dataset: Dataset) -> Iterator[dict[str, Any]]:
    """Event rows in the order of the history, so that events without a timestamp keep it by row number."""
    frame = order(dataset.interactions)
    kind = "rating" if dataset.schema.has_rating else "view"
    for start in range(0, len(frame), BATCH):
        part = frame.iloc[start : start + BATCH]
        rows = zip(
            part[Columns.USER].tolist(), part[Columns.ITEM].tolist(), _ratings(part), _timestamps(part), strict=True
        )
        for user_id, item_id, value, timestamp in rows:
            yield {"user_id": user_id, "item_id": item_id, "type": kind, "value": value, "timestamp": timestamp}


def _ratings(interactions: pd.DataFrame) -> list[float | None]:
    if Columns.RATING not in interactions:
        return [None] * len(interactions)
    return [None if math.isnan(value) else value for value in interactions[Columns.RATING].astype(float).tolist()]


def _timestamps(interactions: pd.DataFrame) -> list[int]:
    return interactions[Columns.TIMESTAMP].tolist() if Columns.TIMESTAMP in interactions else [0] * len(interactions)


def _upsert_items(connection: Connection, rows: Sequence[dict[str, Any]]) -> int:
    # The counter is locked before the old rows are read: two imports at once must not both think an item is new.
    revision = meta.take_revisions(connection, len(rows))
    now = int(time.time())
    stamped = [
        {
            **row,
            "revision": revision + number,
            "content_revision": revision + number,
            "available": True,
            "created_at": now,
            "updated_at": now,
        }
        for number, row in enumerate(rows)
    ]
    item_writes.remove_tombstones(connection, [row["id"] for row in rows])
    compared = ("title", "features", *(name for name in TIMES if name in rows[0]))
    return _upsert_changed(connection, items, stamped, compared=compared, kept=("available", "created_at"))


def _upsert_changed(
    connection: Connection,
    table: Table,
    rows: Sequence[dict[str, Any]],
    compared: tuple[str, ...] = ("features",),
    kept: tuple[str, ...] = (),
) -> int:
    """Insert new rows, update those that differ in a `compared` column, skip the others; returns how many changed."""
    present = _present(connection, table, [row["id"] for row in rows], compared)
    new = [row for row in rows if row["id"] not in present]
    changed = [
        row for row in rows if row["id"] in present and tuple(row[name] for name in compared) != present[row["id"]]
    ]
    if new:
        connection.execute(insert(table), new)
    if changed:
        names = [name for name in rows[0] if name != "id" and name not in kept]
        # A bound parameter may not have the name of a column.
        values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
        statement = update(table).where(table.c.id == bindparam("key")).values(values)
        connection.execute(
            statement, [{"key": row["id"], **{f"new_{name}": row[name] for name in names}} for row in changed]
        )
    return len(new) + len(changed)


def _present(
    connection: Connection, table: Table, ids: Sequence[str], columns: tuple[str, ...]
) -> dict[str, tuple[Any, ...]]:
    query = select(table.c.id, *(table.c[name] for name in columns)).where(table.c.id.in_(ids))
    return {row[0]: tuple(row[1:]) for row in connection.execute(query)}


def _count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _batches(entries: Iterable[_Entry]) -> Iterator[list[_Entry]]:
    iterator = iter(entries)
    while batch := list(islice(iterator, BATCH)):
        yield batch

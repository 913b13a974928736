"""Dumps of the store as files that any supported database can be filled from."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Table, delete, func, insert, select

from pharos.serving.errors import StoreError
from pharos.serving.store.dataset_import import recount
from pharos.serving.store.tables import deleted, events, ignored, items, meta, users

FORMAT: Final = 2
# The first format had no times of items, which are the last columns of theirs.
_OLDER: Final = {1: {"items": 2}}
_FORMAT_FILE: Final = "format.json"
_TABLES: Final = (meta, items, deleted, users, events, ignored)
_BATCH: Final = 2000
# Given by the database, in the order of the lines.
_NUMBERED: Final = ("id",)


def write(connection: Connection, folder: Path) -> dict[str, int]:
    """Write a snapshot of each table as JSON lines into an existing folder; returns the row count by table."""
    counts: dict[str, int] = {}
    for table in _TABLES:
        query = select(*_columns(table)).order_by(*table.primary_key)
        rows = connection.execution_options(yield_per=_BATCH).execute(query)
        count = 0
        with (folder / f"{table.name}.jsonl").open("w", encoding="utf-8") as file:
            for count, row in enumerate(rows, 1):  # noqa: B007
                file.write(json.dumps([*row], ensure_ascii=False) + "\n")
        counts[table.name] = count
    (folder / _FORMAT_FILE).write_text(json.dumps({"format": FORMAT, "rows": counts}), "utf-8")
    return counts


def read(connection: Connection, folder: Path) -> dict[str, int]:
    """Fill an empty store from a dump, all or nothing. Raises StoreError if the store is not empty."""
    made_as, expected = _expected(folder)
    held = {table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in _TABLES}
    if any(count for name, count in held.items() if name != meta.name):
        told = ", ".join(f"{count:,} {name}" for name, count in held.items() if count and name != meta.name)
        raise StoreError(f"a dump is restored into an empty store only, and this one holds {told}")
    connection.execute(delete(meta))
    counts: dict[str, int] = {}
    for table in _TABLES:
        names = [column.name for column in _columns(table)]
        counts[table.name] = 0
        for batch in _batches(folder / f"{table.name}.jsonl"):
            absent = [None] * _OLDER.get(made_as, {}).get(table.name, 0)
            connection.execute(insert(table), [dict(zip(names, [*row, *absent], strict=True)) for row in batch])
            counts[table.name] += len(batch)
    if counts != expected:
        raise StoreError(f"the dump in {folder} is not whole: it has {counts} and should have {expected}")
    recount(connection)
    return counts


def _expected(folder: Path) -> tuple[int, dict[str, int]]:
    """Check the format of the dump; returns its row count by table."""
    try:
        document = json.loads((folder / _FORMAT_FILE).read_text("utf-8"))
        made_as, rows = document["format"], document["rows"]
        if made_as not in (FORMAT, *_OLDER):
            raise StoreError(f"the dump has format {made_as!r}; this version reads 1 to {FORMAT}")
        return made_as, rows
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"there is no dump in {folder}: {_FORMAT_FILE} cannot be read") from error


def _columns(table: Table) -> list[Any]:
    return [column for column in table.c if table is not events or column.name not in _NUMBERED]


def _batches(file: Path) -> Iterator[list[list[Any]]]:
    batch: list[list[Any]] = []
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            batch.append(json.loads(line))
            if len(batch) == _BATCH:
                yield batch
                batch = []
    if batch:
        yield batch

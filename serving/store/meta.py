"""The schema, the name of the data set, and the last revision."""

from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, select, update

from pharos.ingest.schema import Schema
from pharos.serving.store.prepared import Prepared, read_json
from pharos.serving.store.tables import meta

_SCHEMA: Final = "schema"
_DATASET: Final = "dataset"
_REVISION: Final = "revision"
_VALUE: Final = Prepared(lambda _: select(meta.c.value).where(meta.c.key == bindparam("name")))


def schema(connection: Connection) -> Schema | None:
    """The schema of items and users; None before the first import."""
    stored = _read(connection, _SCHEMA)
    return None if stored is None else Schema.from_state(stored)


def dataset(connection: Connection) -> str | None:
    """The name of the imported data set."""
    name = _read(connection, _DATASET)
    return None if name is None else str(name)


def describe(connection: Connection, schema: Schema, dataset: str) -> None:
    """Store the schema and the name of the data set."""
    _write(connection, _SCHEMA, schema.state())
    _write(connection, _DATASET, dataset)


def revision(connection: Connection) -> int:
    """The last revision given to an item; 0 before the first."""
    return int(_read(connection, _REVISION) or 0)


def take_revisions(connection: Connection, count: int) -> int:
    """Reserve `count` revisions; returns the first.

    The caller locks the counter's row until the end of its transaction, so that revisions become visible in order:
    a reader that has seen revision n has seen every change before it.
    """
    last = hold_revision(connection)
    _write(connection, _REVISION, last + count)
    return last + 1


def hold_revision(connection: Connection) -> int:
    """Lock the revision counter until the end of the transaction, so that no item changes; returns the revision."""
    row = connection.execute(select(meta.c.value).where(meta.c.key == _REVISION).with_for_update()).first()
    return int(row[0]) if row else 0


def _read(connection: Connection, key: str) -> Any:
    rows = _VALUE(connection, {"name": key})
    return read_json(connection, rows[0][0]) if rows else None


def _write(connection: Connection, key: str, value: object) -> None:
    # Changed in its place, never deleted: another transaction may be waiting for this very row.
    if not connection.execute(update(meta).where(meta.c.key == key).values(value=value)).rowcount:
        connection.execute(insert(meta).values(key=key, value=value))

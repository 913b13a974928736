"""Opens the database. What is true of SQLite only stands here and in `filtering`."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError

from serving.errors import StoreError

BUSY_SECONDS: Final = 10.0

# FULL, not NORMAL: an acknowledged write must survive a power cut, and in WAL mode NORMAL promises that for a crash of
# the process only (https://www.sqlite.org/pragma.html#pragma_synchronous). It costs one fsync per commit.
_PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA cache_size = -65536",
    "PRAGMA mmap_size = 268435456",
    "PRAGMA temp_store = MEMORY",
)


def open_engine(url: str) -> Engine:
    """An engine for a SQLite file; its folder is made. Raises StoreError for an address that cannot be used."""
    try:
        address = make_url(url)
    except ArgumentError:
        raise StoreError("database_url is no SQLAlchemy address; one looks like sqlite:////data/pharos.db") from None
    if address.get_backend_name() != "sqlite":
        raise StoreError(f"database_url names {address.get_backend_name()!r}; allowed is sqlite")
    if not address.database or address.database == ":memory:":
        raise StoreError("the store needs a file: several threads cannot share a database in memory")
    folder = Path(address.database).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"the store's folder {folder} cannot be made: {error.strerror}") from error
    # Parameters are what people did; they have no place in a message or a log.
    engine = create_engine(address, connect_args={"timeout": BUSY_SECONDS}, hide_parameters=True)
    event.listen(engine, "connect", _prepare_connection)
    event.listen(engine, "begin", _begin)
    return engine


def insert_ignore(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """INSERT that leaves rows alone that are there already."""
    return _insert(connection, table).on_conflict_do_nothing()


def insert_or_add(connection: Connection, table: Table, counts: Sequence[str]) -> sqlite.Insert | postgresql.Insert:
    """INSERT that adds to the `counts` of rows that are there already."""
    statement = _insert(connection, table)
    sums = {name: table.c[name] + statement.excluded[name] for name in counts}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=sums)


def _insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def writing(engine: Engine) -> Engine:
    """The same engine for transactions that write: they take the lock at their start."""
    return engine.execution_options(writes=True)


def _prepare_connection(connection: sqlite3.Connection, _record: object) -> None:
    # The driver must not open transactions by itself: `_begin` does, so that a writer waits for its turn at its start
    # and never fails half-way because another one was faster.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin(connection: Connection) -> None:
    options: dict[str, Any] = dict(connection.get_execution_options())
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")

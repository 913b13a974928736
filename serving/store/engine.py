"""Opens the database. Database-specific code is here, in `filter_sql`, and in the column types."""

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError

from pharos.ingest.durable_files import make_durably
from pharos.serving.errors import StoreError

BUSY_SECONDS: Final = 10.0
_IDLE_SECONDS: Final = 300.0
_CONNECT_SECONDS: Final = 2  # the least that libpq allows
_POOL_SECONDS: Final = 2.0
# A server that went without a word is noticed by who waits for it in the background, too.
_KEEPALIVES: Final = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # milliseconds
}

# FULL, not NORMAL: an acknowledged write must survive a power cut, and in WAL mode NORMAL promises that for a crash of
# the process only (https://www.sqlite.org/pragma.html#pragma_synchronous). It costs one fsync per commit.
_PRAGMAS: Final = (
    "PRAGMA synchronous = FULL",
    "PRAGMA cache_size = -65536",
    "PRAGMA mmap_size = 268435456",
    "PRAGMA temp_store = MEMORY",
)


def open_engine(url: str) -> Engine:
    """Open a SQLite file, creating its folder, or a PostgreSQL database.

    Raises StoreError for an address that cannot be used.
    """
    try:
        address = make_url(url)
    except ArgumentError:
        raise StoreError("database_url is no SQLAlchemy address; one looks like sqlite:////data/pharos.db") from None
    match address.get_backend_name():
        case "sqlite":
            return _open_sqlite(address)
        case "postgresql":
            return _open_postgresql(address)
    raise StoreError(
        f"database_url names {address.get_backend_name()!r}; allowed are sqlite:///FILE and "
        "postgresql://USER:PASSWORD@HOST/DATABASE"
    )


def _open_sqlite(address: URL) -> Engine:
    if not address.database or address.database == ":memory:":
        raise StoreError("the store needs a file: several threads cannot share a database in memory")
    folder = Path(address.database).parent
    try:
        make_durably(folder)
    except OSError as error:
        raise StoreError(f"the store's folder {folder} cannot be made: {error.strerror}") from error
    # Parameters hold personal data, which must not appear in a message or a log.
    engine = create_engine(address, connect_args={"timeout": BUSY_SECONDS}, hide_parameters=True)
    event.listen(engine, "connect", _prepare_connection)
    event.listen(engine, "begin", _begin)
    return engine


def _open_postgresql(address: URL) -> Engine:
    from pharos.serving.store.patient_postgresql import Connector, PatientPool

    timeouts = {"lock_timeout": BUSY_SECONDS, "idle_in_transaction_session_timeout": _IDLE_SECONDS}
    engine = create_engine(
        address.set(drivername="postgresql+psycopg"),
        # All reads of one method see one snapshot.
        isolation_level="REPEATABLE READ",
        # A connection that the server has closed meanwhile is replaced.
        pool_pre_ping=True,
        poolclass=PatientPool,
        pool_timeout=_POOL_SECONDS,
        connect_args={
            "connect_timeout": _CONNECT_SECONDS,
            **_KEEPALIVES,
            "options": " ".join(f"-c {name}={int(seconds * 1000)}" for name, seconds in timeouts.items()),
        },
    )
    connector = Connector()

    def connect(_dialect: object, _record: object, arguments: Sequence[Any], named: dict[str, Any]) -> object:
        return connector.connect(*arguments, **named)

    event.listen(engine, "do_connect", connect)
    return engine


def insert_ignore(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """INSERT that skips existing rows."""
    return _insert(connection, table).on_conflict_do_nothing()


def insert_or_add(connection: Connection, table: Table, counts: Sequence[str]) -> sqlite.Insert | postgresql.Insert:
    """INSERT that adds to `counts` in existing rows."""
    statement = _insert(connection, table)
    sums = {name: table.c[name] + statement.excluded[name] for name in counts}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=sums)


def _insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def writing(engine: Engine) -> Engine:
    """The engine for write transactions; with SQLite they take the write lock at the start."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(writes=True)
    # After waiting for another writer, a transaction sees its writes.
    return engine.execution_options(isolation_level="READ COMMITTED")


def _prepare_connection(connection: sqlite3.Connection, _record: object) -> None:
    # The driver must not open transactions by itself: `_begin` does, so that a writer waits for its turn at its start
    # and never fails half-way because another one was faster.
    connection.isolation_level = None
    cursor = connection.cursor()
    _write_ahead(cursor)
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _write_ahead(cursor: sqlite3.Cursor) -> None:
    # Unlike all other statements, this one does not wait while another process does the same to a new file.
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            (mode,) = cursor.execute("PRAGMA journal_mode = WAL").fetchone()
            if mode != "wal":
                # Where it fails, as on a full disk, SQLite goes on in the mode before. A power cut can then take the
                # last commit back.
                raise sqlite3.OperationalError(f"the write-ahead log cannot be switched on (journal mode {mode})")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _begin(connection: Connection) -> None:
    options: dict[str, Any] = dict(connection.get_execution_options())
    if options.get("writes"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        return
    # It touches no file and cannot fail, so it goes past SQLAlchemy, whose bookkeeping takes longer.
    cursor = connection.connection.cursor()
    cursor.execute("BEGIN")
    cursor.close()

"""Tables from an SQL query."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pharos.ingest.errors import DataError
from pharos.ingest.tables.paths import as_text
from pharos.ingest.tables.rows import RowCollector
from pharos.ingest.tables.table import Table, require_columns

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

_BATCH: Final = 10_000


@dataclass(frozen=True)
class Query:
    """An SQL query. url: for SQLAlchemy. folder: the base of a relative SQLite path."""

    sql: str
    url: str
    folder: Path
    name: str


def read_query(query: Query, columns: Sequence[str]) -> Table:
    """Read these columns of the result, every cell a string; the database is read only.

    Errors: DataError that shows what the database says, and never the password.
    """
    from sqlalchemy import text
    from sqlalchemy.exc import SQLAlchemyError

    rows = RowCollector(query.name, columns, mark=":row ")
    try:
        engine = _engine(query)
        try:
            with engine.connect().execution_options(**_reading(engine)) as connection:
                result = connection.execution_options(yield_per=_BATCH).execute(text(query.sql))
                if not result.returns_rows:
                    raise DataError(f"{query.name}: the query gives no rows; it must be a SELECT")
                present = list(result.keys())
                require_columns(query.name, present, columns)
                positions = [present.index(column) for column in columns]
                for number, row in enumerate(result, start=1):
                    rows.add([as_text(row[position]) for position in positions], number)
        finally:
            engine.dispose()
    except (SQLAlchemyError, ImportError, UnicodeError) as error:
        raise DataError(f"{query.name}: the query failed: {_message(error)}") from error
    return rows.table()


def _engine(query: Query) -> "Engine":
    from sqlalchemy import create_engine
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(query.url)
    except ArgumentError:
        raise DataError(
            f"{query.name}: no URL of a database; allowed is one as in postgresql+psycopg://user@host/shop"
        ) from None
    if url.drivername == "postgresql":  # the driver that is installed
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite":
        path = query.folder / (url.database or "")
        if not path.is_file():  # SQLite would make an empty one
            raise DataError(f"{query.name}: {path}: no such database")
        url = url.set(database=f"file:{path.resolve()}", query={"mode": "ro", "uri": "true"})
    return create_engine(url)


def _reading(engine: "Engine") -> dict[str, bool]:
    return {"postgresql_readonly": True} if engine.dialect.name == "postgresql" else {}


def _message(error: Exception) -> str:
    """The database's error message, without the statement and its parameters."""
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]

"""Statements that every request runs, compiled once: SQLAlchemy's bookkeeping takes longer than the database."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, Dialect, Select, String, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DBAPIError

_SQLITE: Final = "sqlite"


class Prepared:
    """A statement that runs on the driver's cursor. Its rows are tuples of what the driver has for the columns.

    build: makes the statement for a dialect's name. Its parameters get values as the driver takes them, so that ids
    have to be in NFC already; lists are for `listed` alone. Raises what SQLAlchemy raises.
    """

    def __init__(self, build: Callable[[str], Select[Any]]) -> None:
        self._build = build
        self._compiled: dict[str, _Compiled] = {}

    def __call__(self, connection: Connection, values: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """All rows, in the connection's transaction."""
        dialect = connection.dialect
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _compiled(self._build(dialect.name), dialect)
        values = {**compiled.fixed, **values}
        cursor = connection.connection.cursor()
        try:
            if compiled.order is None:
                cursor.execute(compiled.text, values)
            else:
                cursor.execute(compiled.text, [_plain(values[name]) for name in compiled.order])
            return list(cursor.fetchall())
        except dialect.loaded_dbapi.Error as error:
            raise DBAPIError.instance(
                compiled.text, None, error, dialect.loaded_dbapi.Error, hide_parameters=True, dialect=dialect
            ) from error
        finally:
            cursor.close()


class _Compiled(NamedTuple):
    """A statement as a driver takes it.

    fixed: the values that it has itself. order: of the parameters; None where they are named.
    """

    text: str
    fixed: Mapping[str, object]
    order: Sequence[str] | None


def _compiled(statement: Select[Any], dialect: Dialect) -> _Compiled:
    compiled: Any = statement.compile(dialect=dialect)
    fixed = {name: value for name, value in compiled.params.items() if value is not None}
    return _Compiled(str(compiled), fixed, compiled.positiontup)


def listed(dialect: str, column: ColumnElement[str], name: str) -> ColumnElement[bool]:
    """Whether a column of text is in the list that a parameter holds: one parameter, however long the list is."""
    if dialect == _SQLITE:
        return column.in_(select(func.json_each(bindparam(name)).table_valued("value").c.value))
    return column == any_(bindparam(name, type_=ARRAY(String)))


def read_json(connection: Connection, value: Any) -> Any:
    """The value of a column of JSON, as a row has it: text in SQLite, but for numbers."""
    return json.loads(value) if isinstance(value, str) and connection.dialect.name == _SQLITE else value


def _plain(value: object) -> object:
    return json.dumps(value) if isinstance(value, list) else value

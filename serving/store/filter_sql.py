"""Translates filters to SQL, so that popular items can be filtered while the index is unavailable.

A condition means the same as in the index: a missing value fulfils no condition but "none of".
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeAlias

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Text,
    and_,
    case,
    cast,
    column,
    exists,
    func,
    literal,
    not_,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB

from pharos.indexing.filters import AllOf, AnyOf, Condition, Filter, NoneOf, Outside, Range, Value
from pharos.indexing.payload import AVAILABLE, AVAILABLE_FROM, AVAILABLE_UNTIL, CREATED_AT
from pharos.ingest.columns import Columns
from pharos.serving.store.tables import items

_COLUMNS = {
    Columns.ITEM: items.c.id,
    AVAILABLE: items.c.available,
    AVAILABLE_FROM: items.c.available_from,
    AVAILABLE_UNTIL: items.c.available_until,
    CREATED_AT: items.c.created_at,
}


_Values: TypeAlias = tuple[FromClause, "_Value"]
"""The values that a field of an item has, as a table, and one of them."""
_Holds: TypeAlias = Callable[["_Value"], ColumnElement[bool]]


class _Value(Protocol):
    """One value of an item's field, or a column value, in SQL."""

    def among(self, values: Sequence[Value]) -> ColumnElement[bool]: ...

    def within(self, bounds: Range) -> ColumnElement[bool]: ...


@dataclass(frozen=True)
class _Plain:
    """A plain SQL value: a column, or a value from SQLite's json_each."""

    value: ColumnElement[Any]

    def among(self, values: Sequence[Value]) -> ColumnElement[bool]:
        return self.value.in_(values)

    def within(self, bounds: Range) -> ColumnElement[bool]:
        return _bounded(self.value, bounds, lambda bound: bound)


@dataclass(frozen=True)
class _Json:
    """A jsonb value of PostgreSQL, whose comparisons need a type check."""

    value: ColumnElement[Any]

    def among(self, values: Sequence[Value]) -> ColumnElement[bool]:
        return self.value.in_([_jsonb(value) for value in values])

    def within(self, bounds: Range) -> ColumnElement[bool]:
        return and_(func.jsonb_typeof(self.value) == "number", _bounded(self.value, bounds, _jsonb))


def matches(dialect: str, filter: Filter) -> ColumnElement[bool]:
    """The WHERE clause for a filter that was checked by `pharos.indexing.filters.check`, in a dialect's SQL."""
    values = _sqlite_values if dialect == "sqlite" else _postgresql_values
    return and_(literal(True), *(_condition(condition, values) for condition in filter.conditions))


def _condition(condition: Condition, values: Callable[[str], _Values]) -> ColumnElement[bool]:
    field = condition.field

    def has(holds: _Holds) -> ColumnElement[bool]:
        """Whether the field has any value for which `holds` is true."""
        if field in _COLUMNS:
            column = _COLUMNS[field]
            return and_(column.is_not(None), holds(_Plain(column))) if column.nullable else holds(_Plain(column))
        source, value = values(field)
        return exists(select(literal(1)).select_from(source).where(holds(value)))

    if isinstance(condition, AnyOf):
        return has(lambda value: value.among(condition.values))
    if isinstance(condition, AllOf):
        return and_(*(has(partial(_is, wanted)) for wanted in condition.values))
    if isinstance(condition, NoneOf):
        return not_(has(lambda value: value.among(condition.values)))
    if isinstance(condition, Outside):
        return not_(has(lambda value: value.within(condition.range)))
    return has(lambda value: value.within(condition))


def _is(wanted: Value, value: _Value) -> ColumnElement[bool]:
    return value.among([wanted])


def _sqlite_values(field: str) -> _Values:
    """To json_each, a single value is a list of one."""
    source = func.json_each(items.c.features, f"$.{json.dumps(field)}").table_valued(column("value"))
    return source, _Plain(source.c.value)


def _postgresql_values(field: str) -> _Values:
    features = type_coerce(items.c.features, JSONB)
    stored = features[field]
    as_list = case((func.jsonb_typeof(stored) == "array", stored), else_=func.jsonb_build_array(stored))
    # A field that is not there is no list of one null.
    present = case((features.has_key(field), as_list), else_=_jsonb([]))
    source = func.jsonb_array_elements(present).table_valued(column("value", JSONB))
    return source, _Json(source.c.value)


def _jsonb(value: object) -> ColumnElement[Any]:
    return cast(literal(json.dumps(value), Text), JSONB)


def _bounded(value: Any, bounds: Range, typed: Callable[[float], Any]) -> ColumnElement[bool]:
    limits = [
        None if bounds.gte is None else value >= typed(bounds.gte),
        None if bounds.lte is None else value <= typed(bounds.lte),
        None if bounds.gt is None else value > typed(bounds.gt),
        None if bounds.lt is None else value < typed(bounds.lt),
    ]
    return and_(*(limit for limit in limits if limit is not None))

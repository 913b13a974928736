"""The filters of the vector index as SQL over the store, so that popular items can be filtered with the index away.

A condition means the same as in the index: a missing value fulfils no condition but "none of".
"""

import json
from collections.abc import Callable
from functools import partial
from operator import eq
from typing import Any

from sqlalchemy import ColumnElement, and_, column, exists, func, literal, not_, select

from indexing.filters import AllOf, AnyOf, Condition, Filter, NoneOf, Range
from indexing.payload import AVAILABLE, CREATED_AT
from ingest.columns import Columns
from serving.store.tables import items

_COLUMNS = {Columns.ITEM: items.c.id, AVAILABLE: items.c.available, CREATED_AT: items.c.created_at}


def matches(filter: Filter) -> ColumnElement[bool]:
    """The WHERE clause of a filter that went through `indexing.filters.check`."""
    return and_(literal(True), *(_condition(condition) for condition in filter.conditions))


def _condition(condition: Condition) -> ColumnElement[bool]:
    field = condition.field
    if isinstance(condition, AnyOf):
        return _has(field, lambda value: value.in_(condition.values))
    if isinstance(condition, AllOf):
        return and_(*(_has(field, partial(eq, wanted)) for wanted in condition.values))
    if isinstance(condition, NoneOf):
        return not_(_has(field, lambda value: value.in_(condition.values)))
    return _has(field, lambda value: _within(value, condition))


def _has(field: str, holds: Callable[[Any], ColumnElement[bool]]) -> ColumnElement[bool]:
    """Whether the field has a value for which `holds` is true. To json_each, a single value is a list of one."""
    if field in _COLUMNS:
        return holds(_COLUMNS[field])
    values = func.json_each(items.c.features, f"$.{json.dumps(field)}").table_valued(column("value"))
    return exists(select(literal(1)).select_from(values).where(holds(values.c.value)))


def _within(value: Any, bounds: Range) -> ColumnElement[bool]:
    limits = [
        None if bounds.gte is None else value >= bounds.gte,
        None if bounds.lte is None else value <= bounds.lte,
        None if bounds.gt is None else value > bounds.gt,
        None if bounds.lt is None else value < bounds.lt,
    ]
    return and_(*(limit for limit in limits if limit is not None))

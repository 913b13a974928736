"""Translates filters into the classes of Qdrant, for the server's client and for the embedded engine."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import qdrant_edge

from pharos.indexing.filters import AllOf, AnyOf, Filter, NoneOf, Outside, Range, Value

_PLAIN_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Dialect:
    """The filter classes of one engine. flag: how it stores a flag."""

    filter: Callable[..., Any]
    field: Callable[..., Any]
    match_any: Callable[..., Any]
    match_value: Callable[..., Any]
    range: Callable[..., Any]
    flag: Callable[[bool], bool | int]


EMBEDDED: Final = Dialect(
    qdrant_edge.Filter,
    qdrant_edge.FieldCondition,
    qdrant_edge.MatchAny,
    qdrant_edge.MatchValue,
    qdrant_edge.RangeFloat,
    flag=int,
)


def payload_key(field: str) -> str:
    """The field as a payload key, quoted, since Qdrant reads dots and brackets as paths into nested objects."""
    return field if _PLAIN_KEY.fullmatch(field) else f'"{field}"'


def translate(filter: Filter | None, dialect: Dialect) -> Any:
    """The filter in the classes of the dialect; None for a filter that passes everything."""
    if filter is None or not filter.conditions:
        return None
    must: list[Any] = []
    must_not: list[Any] = []
    for condition in filter.conditions:
        if isinstance(condition, NoneOf):
            must_not.append(_any_of(condition.field, condition.values, dialect))
        elif isinstance(condition, Outside):
            must_not.append(_within(condition.range, dialect))
        else:
            must.extend(_must(condition, dialect))
    return dialect.filter(must=must or None, must_not=must_not or None)


def _must(condition: AnyOf | AllOf | Range, dialect: Dialect) -> list[Any]:
    match condition:
        case AllOf(field, values):
            return [_any_of(field, (value,), dialect) for value in values]
        case Range():
            return [_within(condition, dialect)]
        case AnyOf(field, values):
            return [_any_of(field, values, dialect)]


def _within(bounds: Range, dialect: Dialect) -> Any:
    allowed = dialect.range(gte=bounds.gte, lte=bounds.lte, gt=bounds.gt, lt=bounds.lt)
    return dialect.field(key=payload_key(bounds.field), range=allowed)


def _any_of(field: str, values: tuple[Value, ...], dialect: Dialect) -> Any:
    key = payload_key(field)
    texts = [value for value in values if isinstance(value, str)]
    if len(texts) == len(values) > 1:
        return dialect.field(key=key, match=dialect.match_any(any=texts))
    conditions = [_equal(key, value, dialect) for value in values]
    return conditions[0] if len(conditions) == 1 else dialect.filter(should=conditions)


def _equal(key: str, value: Value, dialect: Dialect) -> Any:
    if isinstance(value, bool):
        return dialect.field(key=key, match=dialect.match_value(value=dialect.flag(value)))
    if isinstance(value, str):
        return dialect.field(key=key, match=dialect.match_value(value=value))
    # Qdrant matches text, integers and bools only; a number is a range of one.
    return dialect.field(key=key, range=dialect.range(gte=value, lte=value))

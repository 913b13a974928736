"""Filters, and the two notations for one: a short expression for people, and JSON for programs.

Expressions, one condition each:

    genres=Drama,War        any of the values       genres!=Horror          none of the values
    genres=all:Drama,War    all of the values       year=1990..2000         a range, either end may be open
    year>=1990  year<=2000  year>1990  year<2000    one bound

JSON, one object whose conditions must all hold:

    {"genres": {"all": ["Drama", "War"], "none": ["Horror"]}, "year": {"gte": 1990, "lt": 2000}, "language": "en"}

A value that holds a comma can be written in JSON only.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Final

from pharos.indexing.conditions import (
    AllOf,
    AnyOf,
    Condition,
    Filter,
    FilterError,
    NoneOf,
    Outside,
    Range,
    Value,
    check,
)

__all__ = [
    "AllOf",
    "AnyOf",
    "Condition",
    "Filter",
    "FilterError",
    "NoneOf",
    "Outside",
    "Range",
    "Value",
    "check",
    "json_conditions",
    "parse_expression",
    "parse_expressions",
    "parse_json",
]

_EXPRESSION: Final = re.compile(
    r"\s*(?P<field>[^=!<>]+?)\s*(?P<operator>!=|>=|<=|=|>|<)\s*(?P<value>.*?)\s*", re.DOTALL
)
_NUMBER: Final = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_RANGE: Final = re.compile(rf"(?P<low>{_NUMBER})?\.\.(?P<high>{_NUMBER})?")
_ALL: Final = "all:"
_BOUNDS: Final = {">=": "gte", "<=": "lte", ">": "gt", "<": "lt"}
_GROUPS: Final[Mapping[str, type[AnyOf | AllOf | NoneOf]]] = {"any": AnyOf, "all": AllOf, "none": NoneOf}
_GRAMMAR: Final = (
    "field=a,b (any), field=all:a,b (all), field!=a,b (none), field>=1, field<=1, field>1, field<1, field=1..2, or JSON"
)


def parse_expressions(texts: Iterable[str]) -> Filter:
    """Parse several expressions, joined by AND."""
    return Filter(tuple(condition for text in texts for condition in parse_expression(text).conditions))


def parse_expression(text: str) -> Filter:
    """Parse one expression, or a JSON object as text. Raises FilterError; whether the field exists, `check` says."""
    if text.lstrip().startswith("{"):
        return _parse_json_text(text)
    parts = _EXPRESSION.fullmatch(text)
    if parts is None:
        raise FilterError("filter", text, _GRAMMAR)
    field, operator, value = parts["field"], parts["operator"], parts["value"]
    return Filter((_condition(field, operator, value),))


def parse_json(document: object) -> Filter:
    """Parse a JSON object (as Python values) of conditions by field. Raises FilterError, as `parse_expression` does."""
    if not isinstance(document, Mapping):
        raise FilterError("filter", document, "an object of conditions by field")
    return Filter(tuple(condition for field, given in document.items() for condition in _conditions(field, given)))


def json_conditions(filter: Filter) -> dict[str, dict[str, object]]:
    """The JSON object of a filter: the inverse of `parse_json`.

    Raises FilterError where two conditions of one field are of the same kind, of which an object can hold one, and for
    a condition that an object cannot tell.
    """
    document: dict[str, dict[str, object]] = {}
    for condition in filter.conditions:
        if isinstance(condition, Outside):
            raise FilterError(condition.field, "outside a range", _GRAMMAR)
        told: dict[str, object] = (
            {name: bound for name in _BOUNDS.values() if (bound := getattr(condition, name)) is not None}
            if isinstance(condition, Range)
            else {name: list(condition.values) for name, kind in _GROUPS.items() if type(condition) is kind}
        )
        field = document.setdefault(condition.field, {})
        if twice := field.keys() & told.keys():
            raise FilterError(condition.field, sorted(twice)[0], "one condition of a kind for each field")
        field.update(told)
    return document


def _parse_json_text(text: str) -> Filter:
    try:
        document = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise FilterError("filter", text, "valid JSON") from error
    return parse_json(document)


def _condition(field: str, operator: str, value: str) -> Condition:
    if operator in _BOUNDS:
        return _range(field, {_BOUNDS[operator]: value})
    bounds = _RANGE.fullmatch(value)
    if operator == "=" and bounds and value != "..":
        return _range(field, {"gte": bounds["low"], "lte": bounds["high"]})
    group = _GROUPS["none" if operator == "!=" else "any"]
    if operator == "=" and value.startswith(_ALL):
        group, value = AllOf, value.removeprefix(_ALL)
    values = tuple(part.strip() for part in value.split(","))
    if not all(values):
        raise FilterError(field, value, "values separated by single commas")
    return group(field, values)


def _conditions(field: str, given: object) -> list[Condition]:
    if not isinstance(given, Mapping):
        return [AnyOf(field, _values(field, given))]
    groups = [_GROUPS[name](field, _values(field, given[name])) for name in given if name in _GROUPS]
    bounds = {name: given[name] for name in given if name in _BOUNDS.values()}
    unknown = given.keys() - {*_GROUPS, *_BOUNDS.values()}
    if unknown or not given:
        raise FilterError(field, given, f"{', '.join(_GROUPS)}, {', '.join(_BOUNDS.values())}")
    return [*groups, _range(field, bounds)] if bounds else [*groups]


def _values(field: str, given: object) -> tuple[Value, ...]:
    values = tuple(given) if isinstance(given, list | tuple) else (given,)
    for value in values:
        if not isinstance(value, str | int | float):
            raise FilterError(field, value, "text, a number, true or false, or a list of them")
    return values


def _range(field: str, bounds: Mapping[str, object]) -> Range:
    numbers: dict[str, float] = {}
    for name, bound in bounds.items():
        if bound is None:
            continue
        try:
            if isinstance(bound, bool) or not isinstance(bound, str | int | float):
                raise ValueError
            numbers[name] = float(bound)
        except (ValueError, OverflowError):
            raise FilterError(field, bound, "a number") from None
    return Range(field, **numbers)

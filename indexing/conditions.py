"""Filter conditions on the payload, independent of the engine and of the notation."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from pharos.indexing.payload import PayloadType, payload_fields
from pharos.ingest.errors import PharosError
from pharos.ingest.schema import Schema
from pharos.ingest.unicode import nfc

Value: TypeAlias = str | float | bool

MAX_CONDITIONS: Final = 20
MAX_VALUES: Final = 100


class FilterError(PharosError, ValueError):
    """A filter that cannot be applied; the message says why.

    field: the field it names. value: what was given. allowed: what may be given instead, for people.
    """

    def __init__(self, field: str, value: object, allowed: str) -> None:
        super().__init__(f"filter {field!r}: {value!r} is not possible; allowed: {allowed}")
        self.field = field
        self.value = value
        self.allowed = allowed


@dataclass(frozen=True)
class AnyOf:
    """The field has at least one of the values."""

    field: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class AllOf:
    """The field has every one of the values; useful for tags."""

    field: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class NoneOf:
    """The field has none of the values; an item without the field passes."""

    field: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Range:
    """The field is a number within the bounds; an open bound is None."""

    field: str
    gte: float | None = None
    lte: float | None = None
    gt: float | None = None
    lt: float | None = None


@dataclass(frozen=True)
class Outside:
    """The field is not a number within the bounds; an item without the field passes.

    For use by code: no filter expression can state it.
    """

    range: Range

    @property
    def field(self) -> str:
        """The field of the range."""
        return self.range.field


Condition: TypeAlias = AnyOf | AllOf | NoneOf | Range | Outside


@dataclass(frozen=True)
class Filter:
    """Conditions joined by AND; an empty filter passes every item."""

    conditions: tuple[Condition, ...] = ()

    def __and__(self, other: "Filter") -> "Filter":
        return Filter(self.conditions + other.conditions)


def check(filter: Filter, schema: Schema) -> Filter:
    """The filter with values in the types of the fields, as a search needs it.

    Text is in NFC, and a number or flag that was written as text ("1990", "true") is one. Raises FilterError for an
    unknown field (naming the known ones), a condition or a value that does not fit the field's type, and for a filter
    of more than MAX_CONDITIONS conditions or MAX_VALUES values in one of them.
    """
    if len(filter.conditions) > MAX_CONDITIONS:
        raise FilterError("filter", f"{len(filter.conditions)} conditions", f"at most {MAX_CONDITIONS} conditions")
    fields = payload_fields(schema)
    return Filter(tuple(_typed(condition, fields) for condition in filter.conditions))


def _typed(condition: Condition, fields: Mapping[str, PayloadType]) -> Condition:
    field = nfc(condition.field)
    kind = fields.get(field)
    if kind is None:
        raise FilterError(field, field, f"one of the fields {', '.join(sorted(fields))}")
    if isinstance(condition, Outside):
        return Outside(_typed_range(replace(condition.range, field=field), kind))
    if isinstance(condition, Range):
        return _typed_range(replace(condition, field=field), kind)
    if not condition.values:
        raise FilterError(field, [], "at least one value")
    if len(condition.values) > MAX_VALUES:
        raise FilterError(field, f"{len(condition.values)} values", f"at most {MAX_VALUES} values")
    return replace(condition, field=field, values=tuple(_typed_value(field, value, kind) for value in condition.values))


def _typed_range(condition: Range, kind: PayloadType) -> Range:
    bounds = {name: getattr(condition, name) for name in ("gte", "lte", "gt", "lt")}
    given = {name: bound for name, bound in bounds.items() if bound is not None}
    if kind not in (PayloadType.FLOAT, PayloadType.INTEGER):
        raise FilterError(condition.field, given, f"values, not a range: the field is a {kind}")
    if not given:
        raise FilterError(condition.field, given, "at least one of gte, lte, gt, lt")
    return _one_bound_a_side(
        Range(condition.field, **{name: _number(condition.field, bound) for name, bound in given.items()})
    )


def _one_bound_a_side(condition: Range) -> Range:
    """The same range with the tighter of two bounds per side: given both, an engine uses the exclusive one only."""
    gte, lte, gt, lt = condition.gte, condition.lte, condition.gt, condition.lt
    if gte is not None and gt is not None:
        gte, gt = (None, gt) if gt >= gte else (gte, None)
    if lte is not None and lt is not None:
        lte, lt = (None, lt) if lt <= lte else (lte, None)
    return Range(condition.field, gte, lte, gt, lt)


def _typed_value(field: str, value: Value, kind: PayloadType) -> Value:
    if kind is PayloadType.KEYWORD:
        if isinstance(value, str):
            return nfc(value)
        raise FilterError(field, value, "text")
    if kind is PayloadType.BOOLEAN:
        if isinstance(value, bool):
            return value
        if value in ("true", "false"):
            return value == "true"
        raise FilterError(field, value, "true or false")
    return _number(field, value)


def _number(field: str, value: object) -> float:
    # A bool is an int to Python, but `year: true` is a mistake.
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        try:
            number = float(value)
        except (ValueError, OverflowError):
            number = math.nan
        if math.isfinite(number):
            return number
    raise FilterError(field, value, "a finite number")

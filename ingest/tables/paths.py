"""Values in nested records, by a path such as "price.amount"."""

import json
import math
from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

_WHOLE: Final = 2.0**53
"""Below it every whole number is a float of its own."""


def value_at(record: Any, path: str) -> Any:
    """The value at this path in a record; None if there is none.

    A key of the whole path goes first, so that a key may hold a point. A path through a list gives a list of what
    stands in each of its entries; a number picks one of them.
    """
    if isinstance(record, dict):
        if path in record:
            return record[path]
        key, _, rest = path.partition(".")
        while rest:
            if key in record:
                return value_at(record[key], rest)
            part, _, rest = rest.partition(".")
            key = f"{key}.{part}"
        return None
    if isinstance(record, list):
        key, _, rest = path.partition(".")
        if key.isdecimal():
            entry = record[int(key)] if int(key) < len(record) else None
            return value_at(entry, rest) if rest else entry
        return [value for entry in record if (value := value_at(entry, path)) is not None]
    return None


def as_text(value: Any) -> str:
    """A value from JSON or a database as the text that a CSV file would hold; None is the empty text.

    A number that is whole is written as one: 1.0 is 1. Lists and objects are written as JSON.
    """
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float():
            if math.isnan(value):
                return ""
            return str(int(value)) if value.is_integer() and abs(value) < _WHOLE else repr(value)
        case Decimal():
            return str(int(value)) if value == value.to_integral_value() else format(value, "f")
        case datetime() | date() | time():
            return value.isoformat()
        case bytes() | bytearray() | memoryview():
            return bytes(value).decode("utf-8", "replace")
        case list() | tuple() | dict():
            return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def texts_at(record: Any, paths: Sequence[str]) -> list[str]:
    """The values at these paths as texts."""
    return [as_text(value_at(record, path)) for path in paths]

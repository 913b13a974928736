"""Validation errors: field, value and what is allowed."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel, Field

_SHOWN_CHARACTERS: Final = 100
_SHOWN_ERRORS: Final = 20
_LEADS: Final = ("Input should be ", "String should have ", "List should have ", "Value error, ")


STORABLE: Final = "text without NUL and without halves of surrogate pairs"


class FieldError(BaseModel):
    """One validation error."""

    field: str = Field(description="where, as in history[2].rating")
    value: str | int | float | bool | None = Field(description="what was sent, shortened")
    allowed: str = Field(description="what may stand there")


class InvalidRequest(Exception):
    """A value that its type allows, but the settings or the data do not."""

    def __init__(self, field: str, value: object, allowed: str) -> None:
        super().__init__(f"{field} is {shown(value)!r}; allowed: {allowed}")
        self.field = field
        self.value = value
        self.allowed = allowed


def field_errors(errors: Sequence[Mapping[str, Any]]) -> list[FieldError]:
    """The first errors from pydantic's list."""
    return [
        FieldError(field=_name(error["loc"]), value=_value(error), allowed=_allowed(error))
        for error in errors[:_SHOWN_ERRORS]
    ]


def shown(value: object) -> str | int | float | bool | None:
    """A value for an error message: shortened, and valid JSON and UTF-8."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and abs(value) < 2**53 and math.isfinite(value):
        return value
    # Cut before it is written out: a body of megabytes may hold a list of a million.
    text = value if isinstance(value, str) else repr(value[:10] if isinstance(value, list | bytes) else value)
    return readable(text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…")


def is_storable(text: str) -> bool:
    """Whether databases can store the text: no NUL and no half of a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)


def readable(text: str) -> str:
    """The text with a question mark for each half of a surrogate pair, which no encoding can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _name(location: Sequence[str | int]) -> str:
    name = ""
    for part in location[1:]:
        name += f"[{part}]" if isinstance(part, int) else f".{part}" if name else str(part)
    return readable(name[:_SHOWN_CHARACTERS]) or str(location[0])


def _value(error: Mapping[str, Any]) -> str | int | float | bool | None:
    # Where a field is missing, pydantic gives what it is missing in.
    return None if error["type"] == "missing" else shown(error.get("input"))


def _allowed(error: Mapping[str, Any]) -> str:
    kind, message = error["type"], str(error["msg"])
    if kind == "missing":
        return "a value; it is required"
    if kind == "extra_forbidden":
        return "no field of this name; /docs lists those there are"
    if kind == "model_attributes_type":
        return "a JSON object, sent as application/json"
    for lead in _LEADS:
        message = message.removeprefix(lead)
    return message.partition(", unable to parse")[0]

"""Reads the settings of a method from text."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from pharos.classics.base import Method
from pharos.classics.errors import CannotAnswer

M = TypeVar("M", bound=Method)


def configured(method: type[M], pairs: Sequence[str]) -> M:
    """The method with settings from `key=value` texts; the others have their defaults.

    Raises CannotAnswer, naming those that there are, for another key, and for a value of the wrong type.
    """
    given: dict[str, Any] = {}
    known = [field.name for field in fields(method)]  # type: ignore[arg-type]
    for pair in pairs:
        key, equals, value = pair.partition("=")
        key = key.strip()
        if not equals or key not in known:
            raise CannotAnswer(f"{pair!r} is no setting of {method.name}; it has {', '.join(known) or 'none'}")
        given[key] = value.strip()
    try:
        made: M = TypeAdapter(method).validate_python(given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise CannotAnswer(f"{method.name}: {where}={given.get(where, '')}: {first['msg']}") from None
    return made

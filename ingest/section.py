"""Reads one TOML table key by key, with errors that name the key."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pharos.ingest.errors import DataError
from pharos.ingest.unicode import clean_name


class Section:
    """One table of a TOML file.

    path, name: of the file and of the table, for messages. values: its keys. What a method reads is an error if it is
    of another kind (DataError).
    """

    def __init__(self, path: Path, name: str, values: Mapping[str, Any]) -> None:
        self.path = path
        self.name = name
        self.values = values

    def error(self, key: str, problem: str) -> DataError:
        """An error about a key of this table."""
        where = ".".join(part for part in (self.name, key) if part)
        return DataError(f"{self.path}: {where}: {problem}")

    def allow(self, *, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> None:
        """Check the keys. Errors: DataError for an unknown key, or a missing one."""
        allowed = ", ".join(required + optional)
        for key in self.values:
            if key not in required + optional:
                raise self.error(key, f"unknown key; allowed are {allowed}")
        for key in required:
            if key not in self.values:
                raise self.error(key, f"missing; required are {', '.join(required)}")

    def section(self, key: str) -> "Section":
        """A table within this one."""
        values = self.values[key]
        if not isinstance(values, dict):
            raise self.error(key, f"must be a table [{key}], not {values!r}")
        return Section(self.path, ".".join(part for part in (self.name, key) if part), values)

    def text(self, key: str) -> str:
        """A text that is not empty."""
        value = self.values[key]
        if not isinstance(value, str) or not value:
            raise self.error(key, f"must be a text that is not empty, not {value!r}")
        return value

    def optional_text(self, key: str) -> str | None:
        """A text that is not empty; None if the key is not there."""
        return self.text(key) if key in self.values else None

    def texts(self, key: str) -> tuple[str, ...]:
        """One text, or a list of them."""
        value = self.values[key]
        if isinstance(value, str):
            return (self.text(key),)
        if not isinstance(value, list) or not value or not all(isinstance(text, str) and text for text in value):
            raise self.error(key, f"must be a text or a list of texts, none of them empty, not {value!r}")
        return tuple(value)

    def column(self, key: str) -> str:
        """A column's name, or its number in a file without a header."""
        value = self.values[key]
        if type(value) is int and value > 0 and self.values.get("header") is False:
            return str(value)
        if type(value) is int:
            raise self.error(key, f"must be a text that is not empty, not {value!r}; numbers are for header = false")
        return clean_name(self.text(key))

    def optional_column(self, key: str) -> str | None:
        """A column, or None if the key is not there."""
        return self.column(key) if key in self.values else None

    def choice(self, key: str, allowed: tuple[str, ...]) -> str | None:
        """One of the texts that are allowed, or None if the key is not there."""
        value = self.values.get(key)
        if value is None:
            return None
        if value not in allowed:
            raise self.error(key, f"must be one of {', '.join(map(repr, allowed))}, not {value!r}")
        return str(value)

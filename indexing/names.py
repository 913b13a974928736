"""Allowed names of collections and aliases: safe as a folder name and in a URL."""

import re
from typing import Final

from pharos.indexing.errors import InvalidName

SEPARATOR: Final = "--"
_PARTS: Final = 3
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


def checked_name(name: str) -> str:
    """The name itself, if allowed. Raises InvalidName."""
    if not _NAME.fullmatch(name):
        raise InvalidName(
            f"{name[:200]!r} is no name for a collection or alias; allowed: up to 200 of A-Z a-z 0-9 . _ -, "
            "a letter or digit first"
        )
    return name


def collection_name(alias: str, bundle: str, build: str) -> str:
    """The name of a build's collection. Raises InvalidName, also where the parts could not be separated again."""
    if SEPARATOR in alias:
        raise InvalidName(f"the alias {alias!r} must not contain {SEPARATOR!r}")
    return checked_name(SEPARATOR.join((checked_name(alias), bundle, build)))


def belongs_to(collection: str, alias: str) -> bool:
    """Whether the collection was built for the alias."""
    return collection.startswith(alias + SEPARATOR)


def alias_of(collection: str) -> str | None:
    """The alias that a build's collection was built for; None for names of another form."""
    parts = _parts(collection)
    return parts[0] if parts else None


def bundle_of(collection: str) -> str | None:
    """The bundle of a build's collection; None for names of another form."""
    parts = _parts(collection)
    return parts[1] if parts else None


def _parts(collection: str) -> list[str] | None:
    parts = collection.split(SEPARATOR)
    return parts if len(parts) == _PARTS else None

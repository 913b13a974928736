"""Tags: separated text, a JSON list, or a Python list."""

import ast
import json
from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from pharos.ingest.unicode import clean_name

_LONGEST_LITERAL: Final = 100_000
_NAMES: Final = ("name", "title", "label", "value")


def split_tags(cell: Any, separator: str) -> tuple[str, ...] | None:
    """The tags of a cell, text or list: without surrounding blanks, empty or repeated ones; in order.

    Of a list of objects it is their names. None for a cell that is neither.
    """
    if cell is None or (isinstance(cell, float) and np.isnan(cell)):
        return ()
    if isinstance(cell, str):
        written = read_list(cell)
        cell = cell.split(separator) if written is None else written
    if not isinstance(cell, list | tuple | np.ndarray):
        return None
    names = [_name(part) for part in cell]
    if any(name is None for name in names):
        return None
    return _unique(name for name in names if name)


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tag for name in names if (tag := clean_name(name))))


def read_list(cell: str) -> list[Any] | None:
    """The list that the text holds; None if it is none."""
    cell = cell.strip()
    if not cell.startswith("[") or not cell.endswith("]") or len(cell) > _LONGEST_LITERAL:
        return None
    try:
        value = json.loads(cell)
    except (ValueError, RecursionError):
        try:
            value = ast.literal_eval(cell)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            return None
    return value if isinstance(value, list) else None


def _name(part: Any) -> str | None:
    if part is None:
        return ""
    if isinstance(part, dict):
        return next((str(part[key]) for key in _NAMES if isinstance(part.get(key), str)), None)
    return None if isinstance(part, list | tuple) else str(part)

"""Tells the filter that nearly every item passes from one that leaves items out."""

from typing import Final

from pharos.indexing.filters import Filter
from pharos.indexing.payload import AVAILABLE, AVAILABLE_FROM, AVAILABLE_UNTIL

_SHOWN: Final = frozenset((AVAILABLE, AVAILABLE_FROM, AVAILABLE_UNTIL))


def only_shown(filter: Filter) -> bool:
    """Whether it asks for nothing but what may be shown, as nearly every item may be."""
    return all(condition.field in _SHOWN for condition in filter.conditions)

"""The places that new items take in a list."""

from collections.abc import Callable, Sequence
from typing import TypeVar

_T = TypeVar("_T")


def missing(listed: Sequence[_T], k: int, share: float, is_new: Callable[[_T], bool]) -> int:
    """How many new items a list of k still needs for this share; 0 or less where it has enough."""
    return round(share * k) - sum(map(is_new, listed))


def inserted(listed: Sequence[_T], new: Sequence[_T], k: int, is_new: Callable[[_T], bool]) -> list[_T]:
    """A list of at most k with all of `new` at equal distances, in place of the last of its items that are not new."""
    excess = max(0, len(listed) + len(new) - k)
    places = [place for place, item in enumerate(listed) if not is_new(item)]
    dropped = set(places[len(places) - min(excess, len(places)) :])
    mixed = [item for place, item in enumerate(listed) if place not in dropped]
    length = len(mixed) + len(new)
    # Of as many equal parts as there are new items, the last place of each is a new one's.
    for number, item in enumerate(new, start=1):
        mixed.insert(number * length // len(new) - 1, item)
    return mixed

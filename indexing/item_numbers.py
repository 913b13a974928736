"""Integer numbers for items, so that a request works on arrays instead of objects."""

import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import repeat
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

PointKey: TypeAlias = int | str
"""The id of a point as an engine gives it: a number, a UUID as a number, or a UUID as text."""

_FIRST_SLOTS: Final = 1 << 14
# So many slots for an item, so that few lose theirs.
_ROOM: Final = 4
_MOST_KEY: Final = 2**63 - 1


class ItemNumbers:
    """Numbers of the items of an index, from 0 in the order in which they were first seen. Thread-safe.

    An item's points and number never change, so nothing here grows old. About 300 bytes an item.
    """

    def __init__(self, *points: Callable[[str], PointKey]) -> None:
        """points: what give the ids of an item's points, one for each kind of id in the index."""
        self._points = points
        self.items: list[str] = []
        self._by_item: dict[str, int] = {}
        self._by_point: dict[PointKey, int] = {}
        self._table = _PointTable()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """How many items were met."""
        return len(self.items)

    def of_items(self, item_ids: Collection[str]) -> NDArray[np.int64]:
        """The number of each item, -1 for unknown ones: int64 [n]."""
        return np.fromiter(map(self._by_item.get, item_ids, repeat(-1)), np.int64, len(item_ids))

    def of_points(self, points: Sequence[PointKey]) -> NDArray[np.int64]:
        """The number of each point's item, -1 for unknown ones: int64 [n]."""
        if not len(points) or not isinstance(points[0], int):
            return self._looked_up(points)
        try:
            numbers, found = self._table.numbers(np.array(points, np.int64))
        except OverflowError:  # UUIDs as numbers
            return self._looked_up(points)
        if not found.all():
            rest = np.flatnonzero(~found)
            numbers[rest] = self._looked_up([points[place] for place in rest.tolist()])
        return numbers

    def _looked_up(self, points: Sequence[PointKey]) -> NDArray[np.int64]:
        return np.fromiter(map(self._by_point.get, points, repeat(-1)), np.int64, len(points))

    def learn(self, item_ids: Iterable[str]) -> None:
        """Assign numbers to items that have none yet."""
        with self._lock:
            for item_id in item_ids:
                if item_id not in self._by_item:
                    number = len(self.items)
                    # Written in this order, so that a reader that finds a number also finds its item.
                    self.items.append(item_id)
                    self._by_item[item_id] = number
                    for point in self._points:
                        key = point(item_id)
                        self._by_point[key] = number
                        if isinstance(key, int) and key <= _MOST_KEY:
                            self._table.add(key, number)


class _PointTable:
    """Finds the items of many points in four steps of NumPy; a dict takes four times as long for hundreds of them.

    The slot of a point is the low bits of its id, which is as good as random, and holds the item that was added last:
    an item that lost its slot to another is not found here. Readers need no lock, writers one.
    """

    def __init__(self) -> None:
        self._arrays = _slots(_FIRST_SLOTS), np.zeros(_FIRST_SLOTS // _ROOM, np.int64)

    def numbers(self, points: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The number of each point's item, int64 [n], and whether it was found, bool [n]. points: int64 [n]."""
        slots, keys = self._arrays
        numbers = slots[points & (len(slots) - 1)]
        return numbers, (numbers >= 0) & (keys[numbers] == points)

    def add(self, point: int, number: int) -> None:
        """Add a point; numbers come in order."""
        slots, keys = self._arrays
        if number >= len(keys):
            grown = np.zeros(2 * len(keys), np.int64)
            grown[: len(keys)] = keys
            slots, keys = _slots(2 * len(slots)), grown
            slots[keys[:number] & (len(slots) - 1)] = np.arange(number)
        # Before the slot, so that a reader that finds a number also finds its key.
        keys[number] = point
        slots[point & (len(slots) - 1)] = number
        self._arrays = slots, keys


def _slots(count: int) -> NDArray[np.int64]:
    return np.full(count, -1, np.int64)

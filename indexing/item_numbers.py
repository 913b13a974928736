"""Integer numbers for items, so that a request works on arrays instead of objects."""

import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import repeat
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

PointKey: TypeAlias = int | str
"""The id of a point as an engine gives it: a number, a UUID as a number, or a UUID as text."""


class ItemNumbers:
    """Numbers of the items of an index, from 0 in the order in which they were first seen. Thread-safe.

    An item's points and number never change, so nothing here grows old. About 250 bytes an item.
    """

    def __init__(self, *points: Callable[[str], PointKey]) -> None:
        """points: what give the ids of an item's points, one for each kind of id in the index."""
        self._points = points
        self.items: list[str] = []
        self._by_item: dict[str, int] = {}
        self._by_point: dict[PointKey, int] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """How many items were met."""
        return len(self.items)

    def of_items(self, item_ids: Collection[str]) -> NDArray[np.int64]:
        """The number of each item, -1 for unknown ones: int64 [n]."""
        return np.fromiter(map(self._by_item.get, item_ids, repeat(-1)), np.int64, len(item_ids))

    def of_points(self, points: Sequence[PointKey]) -> NDArray[np.int64]:
        """The number of each point's item, -1 for unknown ones: int64 [n]."""
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
                        self._by_point[point(item_id)] = number

"""Answers that take long to compute, kept for a while."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_REST: Final = 10.0
"""A value is kept for at least so many times what it took, so that no more than a tenth of the time goes to it."""


class Kept(Generic[K, V]):
    """Values by key, computed when they are asked for; of more than `most` the one not asked for longest goes.

    seconds: how long a value is kept at least. Safe with threads; one value is computed at a time.
    """

    def __init__(self, seconds: float, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._most, self._clock = seconds, most, clock
        self._values: OrderedDict[K, tuple[V, float]] = OrderedDict()
        self._lock = threading.Lock()

    def get(
        self,
        key: K,
        compute: Callable[[], V],
        *,
        fits: Callable[[V], bool] = lambda _: True,
        stale: Callable[[V], bool] = lambda _: True,
    ) -> V:
        """The value of a key. It is computed anew where its time is over and it is `stale`, or if it does not fit."""
        with self._lock:
            kept = self._values.get(key)
            begun = self._clock()
            if kept is None or not fits(kept[0]) or (begun >= kept[1] and stale(kept[0])):
                value = compute()
                ended = self._clock()
                kept = value, ended + max(self._seconds, _REST * (ended - begun))
                self._values[key] = kept
            self._values.move_to_end(key)
            while len(self._values) > self._most:
                self._values.popitem(last=False)
            return kept[0]

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
        # Two locks, so that what is kept is given while something else is computed.
        self._lock, self._computing = threading.Lock(), threading.Lock()

    def get(
        self,
        key: K,
        compute: Callable[[], V],
        *,
        fits: Callable[[V], bool] = lambda _: True,
        stale: Callable[[V], bool] = lambda _: True,
    ) -> V:
        """The value of a key. It is computed anew where its time is over and it is `stale`, or if it does not fit."""
        kept = self._fresh(key, fits, stale)
        if kept is None:
            with self._computing:
                # Somebody else may have computed it while this one waited.
                kept = self._fresh(key, fits, stale) or self._computed(key, compute)
        return kept[0]

    def _fresh(self, key: K, fits: Callable[[V], bool], stale: Callable[[V], bool]) -> tuple[V, float] | None:
        with self._lock:
            kept = self._values.get(key)
            if kept is None or not fits(kept[0]) or (self._clock() >= kept[1] and stale(kept[0])):
                return None
            self._values.move_to_end(key)
            return kept

    def _computed(self, key: K, compute: Callable[[], V]) -> tuple[V, float]:
        begun = self._clock()
        value = compute()
        ended = self._clock()
        kept = value, ended + max(self._seconds, _REST * (ended - begun))
        with self._lock:
            self._values[key] = kept
            self._values.move_to_end(key)
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        return kept

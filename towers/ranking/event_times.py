"""Event counts of items up to a moment, and in windows before it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from pharos.towers.histories.sequences import Sequences


@dataclass(frozen=True)
class EventTimes:
    """The times of all events, by item: int64 [e], sorted, each `row * span + (time - first)`.

    One sorted array, so that one binary search counts the events of many items. Empty where events have no time.
    """

    moments: npt.NDArray[np.int64]
    first: int
    span: int

    @classmethod
    def of(cls, sequences: Sequences, *, timed: bool) -> Self:
        """Collect the times of the training events. timed: whether timestamps carry information."""
        known = np.isfinite(sequences.stamp)
        if not timed or not known.any():
            return cls(np.zeros(0, np.int64), 0, 1)
        stamp, item = sequences.stamp[known].astype(np.int64), sequences.item[known].astype(np.int64)
        first = int(stamp.min())
        span = int(stamp.max()) - first + 2
        return cls(np.sort(item * span + stamp - first), first, span)

    def counts(
        self, rows: npt.NDArray[np.int64], moment: int | None, windows: Sequence[int]
    ) -> npt.NDArray[np.float32]:
        """Events of n items up to a moment, and in each window of seconds before it: float32 [n, 1 + windows].

        rows: int64 [n], -1 for items without events; moment: unix seconds, None for after all events.
        """
        if not len(self.moments):
            return np.zeros((len(rows), 1 + len(windows)), np.float32)
        end = self.span - 1 if moment is None else int(np.clip(moment - self.first, -1, self.span - 1))
        until = np.searchsorted(self.moments, rows * self.span + end, "right")
        starts = [max(end + 1 - window, 0) for window in windows]
        since = [np.searchsorted(self.moments, rows * self.span + start) for start in starts]
        # Of a row beyond the last item, and of -1, the last.
        first = self._begins[np.minimum(rows, len(self._begins) - 1)]
        counted = [until - begin for begin in (first, *since)]
        return (np.maximum(np.stack(counted, axis=1), 0) * (rows >= 0)[:, None]).astype(np.float32)

    @cached_property
    def _begins(self) -> npt.NDArray[np.int64]:
        """Where the events of each item begin, and where all end: int64 [items + 1]."""
        items = int(self.moments[-1]) // self.span + 1
        return np.searchsorted(self.moments, np.arange(items + 1) * self.span)

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """The times as named arrays, to be saved."""
        return {"moments": self.moments, "moments_first": np.array(self.first), "moments_span": np.array(self.span)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any]) -> Self:
        """The inverse of `arrays`."""
        return cls(arrays["moments"], int(arrays["moments_first"]), int(arrays["moments_span"]))

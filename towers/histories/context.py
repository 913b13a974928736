"""Context features of a history besides its items: its length and its ratings."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pharos.towers.features.encoders import soft_histogram

_LENGTH_KNOTS = np.log1p([0, 5, 10, 20, 40, 80, 160, 320, 1000])
CONTEXT_WIDTH = 4 + len(_LENGTH_KNOTS)


@dataclass(frozen=True)
class HistoryScale:
    """Mean and deviation of ratings, and whether times are known, as learnt in training and used ever after.

    rating_mean, rating_deviation: of the training events. timed: whether events have an order in time; where they
    have none, the order of a history means nothing.
    """

    rating_mean: float
    rating_deviation: float
    timed: bool

    @classmethod
    def fit(cls, ratings: npt.NDArray[np.floating], stamps: npt.NDArray[np.floating]) -> "HistoryScale":
        """Learn from the training events; NaN stands for an unknown rating or time."""
        known = ratings[np.isfinite(ratings)]
        mean, deviation = (float(known.mean()), float(known.std())) if len(known) else (0.0, 1.0)
        return cls(mean, deviation or 1.0, len(np.unique(stamps[np.isfinite(stamps)])) > 1)

    def ratings(self, raw: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
        """Standardised ratings; an unknown one is 0, the mean."""
        standard = ((raw - self.rating_mean) / self.rating_deviation).astype(np.float32)
        standard[~np.isfinite(standard)] = 0
        return standard


@dataclass(frozen=True)
class Windows:
    """b windows of histories, oldest event first, padded at the end to `length` events.

    present: bool [b, length]; ratings: float32 [b, length], standardised; before: int [b], the count of older
    events before the window.
    """

    present: npt.NDArray[np.bool_]
    ratings: npt.NDArray[np.float32]
    before: npt.NDArray[np.int64]


def context(windows: Windows, position: npt.NDArray[np.int32] | None = None) -> npt.NDArray[np.float32]:
    """Context features of the state before each position: float32 [b, length, width].

    position: int32 [b, p], the requested positions, 0 … length - 1, if not all: float32 [b, p, width].
    """
    rated = windows.ratings * windows.present
    seen, ratings = _shift(np.cumsum(windows.present, axis=1)), _shift(np.cumsum(rated, axis=1))
    if position is not None:
        seen, ratings = (np.take_along_axis(values, position, axis=1) for values in (seen, ratings))
    return _features(seen, ratings, windows.before)


def last_context(windows: Windows) -> npt.NDArray[np.float32]:
    """Context features of the state after the last event alone: float32 [b, 1, width]."""
    rated = windows.ratings * windows.present
    return _features(windows.present.sum(axis=1)[:, None], rated.sum(axis=1)[:, None], windows.before)


def _features(
    seen: npt.NDArray[np.int64], ratings: npt.NDArray[np.float32], before: npt.NDArray[np.int64]
) -> npt.NDArray[np.float32]:
    """seen, ratings: [b, p], count and sum of ratings of the events before each position in the window."""
    total = np.log1p(seen + before[:, None])
    lengths = soft_histogram(total.ravel(), _LENGTH_KNOTS).reshape(*total.shape, len(_LENGTH_KNOTS))
    plain = np.stack([np.log1p(seen) / 5, seen == 0, total / 5, ratings / np.maximum(seen, 1)], axis=-1)
    return np.concatenate([plain, lengths], axis=-1).astype(np.float32)


def _shift(values: np.ndarray) -> np.ndarray:
    """The values shifted by one position: what was known before each event."""
    return np.concatenate([np.zeros((len(values), 1), values.dtype), values[:, :-1]], axis=1)

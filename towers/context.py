"""What a history says besides its items: its length, its pace, its place in time, its ratings."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from towers.encoders import soft_histogram

_LENGTH_KNOTS = np.log1p([0, 5, 10, 20, 40, 80, 160, 320, 1000])
_RECENT = 20
_SESSION_SECONDS = 3600
_TIME_KNOTS = 16


@dataclass(frozen=True)
class HistoryScale:
    """What training learnt of ratings and times, so that both are read the same way ever after.

    rating_mean, rating_deviation: of the training events. time_knots: increasing unix seconds; empty where the data
    has no timestamps: there a history has no order that means anything.
    """

    rating_mean: float
    rating_deviation: float
    time_knots: tuple[float, ...]

    @classmethod
    def fit(cls, ratings: npt.NDArray[np.floating], stamps: npt.NDArray[np.floating]) -> "HistoryScale":
        """From the training events; NaN stands for a rating or a time that is not known."""
        known = ratings[np.isfinite(ratings)]
        mean, deviation = (float(known.mean()), float(known.std())) if len(known) else (0.0, 1.0)
        times = stamps[np.isfinite(stamps)]
        knots = np.unique(np.quantile(times, np.linspace(0, 1, _TIME_KNOTS))) if len(times) else np.zeros(0)
        return cls(mean, deviation or 1.0, tuple(knots.tolist()) if len(knots) > 1 else ())

    @property
    def timed(self) -> bool:
        """Whether events have an order in time."""
        return bool(self.time_knots)

    def ratings(self, raw: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
        """Standardised ratings; an unknown one is 0, the mean."""
        return np.nan_to_num((raw - self.rating_mean) / self.rating_deviation).astype(np.float32)


@dataclass(frozen=True)
class Windows:
    """b stretches of histories, oldest event first, padded at the end to `length` events.

    present: bool [b, length]; ratings: float32 [b, length], standardised; stamps: float64 [b, length], unix seconds,
    NaN where unknown; before: int [b], how many older events the stretch leaves out.
    """

    present: npt.NDArray[np.bool_]
    ratings: npt.NDArray[np.float32]
    stamps: npt.NDArray[np.float64]
    before: npt.NDArray[np.int64]


def context(windows: Windows, scale: HistoryScale) -> npt.NDArray[np.float32]:
    """Features of the state before each event: float32 [b, length, width], none of which looks at the event itself."""
    seen = _shift(np.cumsum(windows.present, axis=1))
    total = seen + windows.before[:, None]
    mean_rating = _shift(np.cumsum(windows.ratings * windows.present, axis=1)) / np.maximum(seen, 1)
    parts = [np.log1p(seen) / 5, seen == 0, np.log1p(total) / 5, mean_rating]
    parts += list(np.moveaxis(_histogram(np.log1p(total), _LENGTH_KNOTS), -1, 0))
    if scale.timed:
        parts += _times(windows, seen, np.asarray(scale.time_knots))
    return np.stack(parts, axis=-1).astype(np.float32)


def context_width(scale: HistoryScale) -> int:
    """The count of context features."""
    width = 4 + len(_LENGTH_KNOTS)
    return width + 3 + len(scale.time_knots) if scale.timed else width


def _times(windows: Windows, seen: np.ndarray, knots: np.ndarray) -> list[np.ndarray]:
    stamps = windows.stamps
    last = _shift(stamps, fill=np.nan)
    previous = _shift(last, fill=np.nan)
    span = np.where(seen > 0, last - stamps[:, :1], 0)
    gap = np.where(seen > 1, last - previous, 0)
    recent = np.zeros(stamps.shape)
    for lag in range(1, min(_RECENT, stamps.shape[1] - 1) + 1):
        recent[:, lag:] += (last[:, lag:] - stamps[:, :-lag]) < _SESSION_SECONDS
    logs = [np.log1p(np.maximum(np.nan_to_num(seconds), 0)) / 15 for seconds in (span, gap)]
    return [*logs, recent / _RECENT, *np.moveaxis(_histogram(last, knots), -1, 0)]


def _shift(values: np.ndarray, fill: float = 0) -> np.ndarray:
    """The values one position later: what was known before each event."""
    return np.concatenate([np.full((len(values), 1), fill, values.dtype), values[:, :-1]], axis=1)


def _histogram(values: np.ndarray, knots: np.ndarray) -> np.ndarray:
    return soft_histogram(values.ravel(), knots).reshape(*values.shape, len(knots))

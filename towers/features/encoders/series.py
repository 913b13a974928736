"""Encoder of series: standardised steps for the convolutional layer of the item tower."""

from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from pharos.ingest.schema import FeatureType
from pharos.towers.features.encoders.base import Dense, Encoded, FeatureEncoder
from pharos.towers.features.encoders.sensor import Sensor, SensorKind

_STEPS = 64
_CLIP = 5.0


class SeriesEncoder(FeatureEncoder):
    """A series as [steps, mask of the steps], each value standardised over all training steps.

    A series longer than the layer reads is averaged over stretches of steps; a shorter one is padded at the end.
    """

    type = FeatureType.SERIES

    def __init__(self, mean: list[float], deviation: list[float]) -> None:
        """mean, deviation: of the values of a step; empty where training had no series."""
        self._mean, self._deviation = np.asarray(mean, np.float64), np.asarray(deviation, np.float64)

    @classmethod
    def fit(cls, column: pd.Series) -> Self:
        """Learn mean and deviation of the values; a column without series is encoded as nothing."""
        known = [series for series in column if series is not None]
        if not known:
            return cls([], [])
        steps = np.concatenate(known).astype(np.float64)
        deviation = steps.std(axis=0)
        return cls(steps.mean(axis=0).tolist(), np.where(deviation > 0, deviation, 1.0).tolist())

    def encode(self, column: pd.Series) -> Encoded:
        """float32 [n, 64 * values + 64], zeros for a missing series."""
        values = len(self._mean)
        out = np.zeros((len(column), self.width), np.float32)
        for row, series in enumerate(column if values else ()):
            if series is not None:
                steps = _shortened((series - self._mean) / self._deviation)
                out[row, : steps.size] = np.clip(steps, -_CLIP, _CLIP).ravel()
                out[row, _STEPS * values : _STEPS * values + len(steps)] = 1
        return Encoded(dense=out)

    @property
    def width(self) -> int:
        """The count of values of all steps, and of the mask."""
        return _STEPS * (len(self._mean) + 1) if len(self._mean) else 0

    @property
    def vocabulary_size(self) -> int:
        """0: values are dense."""
        return 0

    @property
    def sensor(self) -> Sensor | None:
        """The steps with their mask."""
        return Sensor(SensorKind.SERIES, (_STEPS, len(self._mean)), _STEPS) if self.width else None

    def state(self) -> dict[str, Any]:
        """Mean and deviation of the values."""
        return {"mean": self._mean.tolist(), "deviation": self._deviation.tolist()}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """The inverse of `state`."""
        return cls(state["mean"], state["deviation"])


def _shortened(steps: npt.NDArray[np.float64]) -> Dense:
    """At most 64 steps: a longer series becomes the means of stretches of about equal length."""
    if len(steps) <= _STEPS:
        return steps.astype(np.float32)
    starts = np.linspace(0, len(steps), _STEPS, endpoint=False).astype(np.int64)
    lengths = np.diff(np.append(starts, len(steps)))
    return (np.add.reduceat(steps, starts, axis=0) / lengths[:, None]).astype(np.float32)

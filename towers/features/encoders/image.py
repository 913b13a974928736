"""Encoder of pictures: standardised pixels for the convolutional layer of the item tower."""

from typing import Any, Self

import numpy as np
import pandas as pd

from pharos.ingest.limits import IMAGE_SIDE
from pharos.ingest.schema import FeatureType
from pharos.towers.features.encoders.base import Encoded, FeatureEncoder
from pharos.towers.features.encoders.sensor import Sensor, SensorKind

_SHAPE = (IMAGE_SIDE, IMAGE_SIDE, 3)
_PIXELS = IMAGE_SIDE * IMAGE_SIDE * 3


class ImageEncoder(FeatureEncoder):
    """A picture as [pixels, 1 if present], each colour channel standardised over the training pictures."""

    type = FeatureType.IMAGE

    def __init__(self, mean: list[float], deviation: list[float]) -> None:
        """mean, deviation: of the three colours, from 0 to 255; empty where training had no picture."""
        self._mean, self._deviation = np.asarray(mean, np.float32), np.asarray(deviation, np.float32)

    @classmethod
    def fit(cls, column: pd.Series) -> Self:
        """Learn mean and deviation of each colour channel; a column without pictures is encoded as nothing."""
        sums, squares, count = np.zeros(3), np.zeros(3), 0
        for image in column:
            if image is not None:
                pixels = image.reshape(-1, 3).astype(np.float64)
                sums, squares, count = sums + pixels.sum(axis=0), squares + (pixels**2).sum(axis=0), count + len(pixels)
        if not count:
            return cls([], [])
        mean = sums / count
        return cls(mean.tolist(), np.sqrt(np.maximum(squares / count - mean**2, 1.0)).tolist())

    def encode(self, column: pd.Series) -> Encoded:
        """float32 [n, side * side * 3 + 1], zeros for a missing picture."""
        out = np.zeros((len(column), self.width), np.float32)
        for row, image in enumerate(column if self.width else ()):
            if image is not None:
                out[row, :-1] = ((image - self._mean) / self._deviation).ravel()
                out[row, -1] = 1
        return Encoded(dense=out)

    @property
    def width(self) -> int:
        """The count of pixel values, and one."""
        return _PIXELS + 1 if len(self._mean) else 0

    @property
    def vocabulary_size(self) -> int:
        """0: pixels are dense."""
        return 0

    @property
    def sensor(self) -> Sensor | None:
        """Pixels with the flag that one is present."""
        return Sensor(SensorKind.IMAGE, _SHAPE, 1) if self.width else None

    def state(self) -> dict[str, Any]:
        """Mean and deviation of the colour channels."""
        return {"mean": self._mean.tolist(), "deviation": self._deviation.tolist()}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """The inverse of `state`."""
        return cls(state["mean"], state["deviation"])

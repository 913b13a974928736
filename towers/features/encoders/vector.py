"""Encoder of vectors, such as embeddings from another model: centred, with a flag for a missing one."""

from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from pharos.ingest.schema import FeatureType
from pharos.towers.features.encoders.base import Encoded, FeatureEncoder


class VectorEncoder(FeatureEncoder):
    """A vector of fixed length as [centred and scaled numbers, missing flag].

    The scale makes the mean squared number about 1, whatever the unit of the source.
    """

    type = FeatureType.VECTOR

    def __init__(self, mean: npt.NDArray[np.float32], scale: float) -> None:
        """mean: float32 [length] of the known vectors; scale: what a centred number is multiplied with."""
        self._mean, self._scale = mean, scale

    @classmethod
    def fit(cls, column: pd.Series) -> Self:
        """Learn mean and scale; a column without any vector has width 1, the flag."""
        known = [value for value in column if value is not None and np.any(value)]
        if not known:
            return cls(np.zeros(0, np.float32), 1.0)
        matrix = np.stack(known).astype(np.float32)
        mean = matrix.mean(axis=0)
        deviation = float(np.sqrt(np.square(matrix - mean).mean()))
        return cls(mean, 1.0 / deviation if deviation > 0 else 1.0)

    def encode(self, column: pd.Series) -> Encoded:
        """float32 [n, length + 1]."""
        out = np.zeros((len(column), self.width), np.float32)
        for row, value in enumerate(column):
            if value is None or not np.any(value) or not len(self._mean):
                out[row, -1] = 1
            else:
                out[row, :-1] = (np.asarray(value, np.float32) - self._mean) * self._scale
        return Encoded(dense=out)

    @property
    def width(self) -> int:
        """The vectors' length, and one."""
        return len(self._mean) + 1

    @property
    def vocabulary_size(self) -> int:
        """0: vectors are dense."""
        return 0

    def state(self) -> dict[str, Any]:
        """Mean and scale."""
        return {"mean": self._mean.tolist(), "scale": self._scale}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """The inverse of `state`."""
        return cls(np.asarray(state["mean"], np.float32), state["scale"])

"""Encoders of sizes: the length of a text, the count of tags."""

from typing import Any, Self

import numpy as np
import pandas as pd

from pharos.ingest.schema import FeatureType
from pharos.towers.features.encoders.base import Dense, Encoded, FeatureEncoder


class LogSize:
    """The logarithm of a size, standardised.

    The amount of metadata hints at an item's popularity, also while the item has no events.
    """

    def __init__(self, mean: float, deviation: float) -> None:
        """mean, deviation: of ln(1 + size)."""
        self._mean, self._deviation = mean, deviation

    @classmethod
    def fit(cls, values: pd.Series) -> Self:
        """Learn mean and deviation of the logarithm. values: texts or tuples; anything else has size 0."""
        logs = _logs(values)
        return cls(float(logs.mean()), float(logs.std()) or 1.0) if len(logs) else cls(0.0, 1.0)

    def encode(self, values: pd.Series) -> Dense:
        """float32 [n, 1]."""
        return ((_logs(values) - self._mean) / self._deviation).astype(np.float32)[:, None]

    def state(self) -> dict[str, float]:
        """Mean and deviation."""
        return {"mean": self._mean, "deviation": self._deviation}


class TextEncoder(FeatureEncoder):
    """The length of a text. Its meaning is encoded apart, by the text model (see pharos.towers.text.documents)."""

    type = FeatureType.TEXT

    def __init__(self, size: LogSize) -> None:
        """size: of the texts, in characters."""
        self._size = size

    @classmethod
    def fit(cls, column: pd.Series) -> Self:
        """Learn mean and deviation of the log length."""
        return cls(LogSize.fit(column))

    def encode(self, column: pd.Series) -> Encoded:
        """float32 [n, 1]."""
        return Encoded(dense=self._size.encode(column))

    @property
    def width(self) -> int:
        """1."""
        return 1

    @property
    def vocabulary_size(self) -> int:
        """0: a length is dense."""
        return 0

    def state(self) -> dict[str, Any]:
        """Mean and deviation of the log length."""
        return {"size": self._size.state()}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """The inverse of `state`."""
        return cls(LogSize(**state["size"]))


def _logs(values: pd.Series) -> np.ndarray:
    return np.log1p([len(value) if isinstance(value, (str, tuple, list)) else 0 for value in values])

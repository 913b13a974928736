"""Encoder of numbers: standardised value, soft histogram, and a flag for a missing value."""

from typing import Any, Self

import numpy as np
import pandas as pd

from pharos.ingest.schema import FeatureType
from pharos.towers.features.encoders.base import Dense, Encoded, FeatureEncoder

_KNOTS = 16
_CLIP = 3.0


class NumberEncoder(FeatureEncoder):
    """One number as [scaled value, missing flag, weight of each knot].

    The knots are quantiles of the values seen in training; a value is spread over its two neighbours by its distance
    to each (a piecewise linear encoding: Gorishniy et al., 2022, "On Embeddings for Numerical Features"), which lets
    a tower learn any smooth function of a year or a price from a single linear layer.
    """

    type = FeatureType.NUMBER

    def __init__(self, mean: float, deviation: float, knots: list[float]) -> None:
        """mean, deviation: of the known values; knots: increasing, none or at least two."""
        self._mean, self._deviation = mean, deviation
        self._knots = np.asarray(knots, np.float64)

    @classmethod
    def fit(cls, column: pd.Series) -> Self:
        """Learn mean, deviation and quantiles; a column with no known value encodes to zeros and the flag."""
        known = column.to_numpy(np.float64, na_value=np.nan)
        known = known[np.isfinite(known)]
        if not len(known):
            return cls(0.0, 1.0, [])
        knots = np.unique(np.quantile(known, np.linspace(0, 1, _KNOTS)))
        return cls(float(known.mean()), float(known.std()) or 1.0, knots.tolist() if len(knots) > 1 else [])

    def encode(self, column: pd.Series) -> Encoded:
        """float32 [n, 2 + knots]."""
        values = column.to_numpy(np.float64, na_value=np.nan)
        missing = ~np.isfinite(values)
        scaled = np.clip((np.where(missing, self._mean, values) - self._mean) / self._deviation, -_CLIP, _CLIP)
        blocks = [scaled[:, None], missing[:, None], soft_histogram(values, self._knots)]
        return Encoded(dense=np.concatenate(blocks, axis=1, dtype=np.float32))

    @property
    def width(self) -> int:
        """Two, and one for each knot."""
        return 2 + len(self._knots)

    @property
    def vocabulary_size(self) -> int:
        """0: numbers are dense."""
        return 0

    def state(self) -> dict[str, Any]:
        """Mean, deviation and knots."""
        return {"mean": self._mean, "deviation": self._deviation, "knots": self._knots.tolist()}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """The inverse of `state`."""
        return cls(state["mean"], state["deviation"], state["knots"])


def soft_histogram(values: np.ndarray, knots: np.ndarray) -> Dense:
    """Spread each of n values over its two neighbouring knots: float32 [n, knots], rows sum to 1.

    Values beyond the ends count as the end; a value that is not finite gives a row of zeros.
    """
    weights = np.zeros((len(values), len(knots)), np.float32)
    if len(knots) < 2:
        return weights
    rows = np.flatnonzero(np.isfinite(values))
    clipped = np.clip(values[rows], knots[0], knots[-1])
    left = np.clip(np.searchsorted(knots, clipped, side="right") - 1, 0, len(knots) - 2)
    share = (clipped - knots[left]) / (knots[left + 1] - knots[left])
    weights[rows, left], weights[rows, left + 1] = 1 - share, share
    return weights

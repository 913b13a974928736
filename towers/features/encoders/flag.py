"""Encoder of flags: yes, no, or missing."""

from typing import Any, Self

import numpy as np
import pandas as pd

from pharos.ingest.schema import FeatureType
from pharos.towers.features.encoders.base import Encoded, FeatureEncoder


class FlagEncoder(FeatureEncoder):
    """A flag as [yes, no]; both are 0 where it is missing."""

    type = FeatureType.FLAG

    @classmethod
    def fit(cls, column: pd.Series) -> Self:
        """Nothing to learn."""
        return cls()

    def encode(self, column: pd.Series) -> Encoded:
        """float32 [n, 2]."""
        values = column.to_numpy(np.float64, na_value=np.nan)
        return Encoded(dense=np.stack([values == 1, values == 0], axis=1).astype(np.float32))

    @property
    def width(self) -> int:
        """Two."""
        return 2

    @property
    def vocabulary_size(self) -> int:
        """0: flags are dense."""
        return 0

    def state(self) -> dict[str, Any]:
        """Empty."""
        return {}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """The inverse of `state`."""
        return cls()

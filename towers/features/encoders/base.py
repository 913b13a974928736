"""The interface of feature encoders: fitted on a column once, then a pure function from values to numbers."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp

from pharos.ingest.schema import FeatureType
from pharos.towers.features.encoders.sensor import Sensor

Dense = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Encoded:
    """One encoded column of n values, as dense numbers [n, width], as sparse weights [n, vocabulary], or both."""

    dense: Dense | None = None
    sparse: sp.csr_matrix | None = None


class FeatureEncoder(ABC):
    """Turns one typed column (see pharos.ingest.dataset.Dataset) into numbers.

    A missing value and one that training never saw are normal: they give finite numbers of the same shape. The state
    is plain JSON values, so that a bundle can be read without running anything of it.
    """

    type: ClassVar[FeatureType]
    name: ClassVar[str] = ""
    """The name by which a feature selects it; empty for the built-in encoder of each type."""

    @classmethod
    @abstractmethod
    def fit(cls, column: pd.Series) -> Self:
        """Learn what the encoding needs (mean, vocabulary, …) from the values of the items seen in training."""

    @abstractmethod
    def encode(self, column: pd.Series) -> Encoded:
        """Encode n values. Dense parts are float32 [n, width] and sparse parts float32 [n, vocabulary]."""

    @property
    @abstractmethod
    def width(self) -> int:
        """Count of dense columns, 0 for a sparse encoder."""

    @property
    @abstractmethod
    def vocabulary_size(self) -> int:
        """Count of sparse columns, 0 for a dense encoder."""

    @property
    def sensor(self) -> Sensor | None:
        """For pictures, series and words: how a layer reads the dense columns; None for plain numbers."""
        return None

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """The learned state as JSON values."""

    @classmethod
    @abstractmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """The inverse of `state`."""

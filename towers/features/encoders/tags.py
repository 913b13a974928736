"""Encoders of categories and tags: weighted rows over a vocabulary, and the count of tags."""

import math
from collections import Counter
from typing import Any, Self

import numpy as np
import pandas as pd
import scipy.sparse as sp

from pharos.ingest.schema import FeatureType
from pharos.towers.features.encoders.base import Encoded, FeatureEncoder
from pharos.towers.features.encoders.size import LogSize

# A tag of one item only says nothing about any other item.
_MIN_COUNT = 2


class TagsEncoder(FeatureEncoder):
    """Tags as a row of inverse document frequencies with length 1; unknown tags are left out.

    The weight of a tag in n items of N is ln(N / n) + 0.3 (Spärck Jones, 1972; the constant keeps a tag that all
    items have from vanishing). An item with no known tag is a row of zeros.
    """

    type = FeatureType.TAGS

    def __init__(self, vocabulary: dict[str, float], size: LogSize) -> None:
        """vocabulary: weight by tag, in the order of the columns; size: of the lists of tags."""
        self._weights, self._size = vocabulary, size
        self._columns = {tag: column for column, tag in enumerate(vocabulary)}

    @classmethod
    def fit(cls, column: pd.Series) -> Self:
        """Learn the vocabulary and each tag's weight."""
        rows = [set(cls._tags(value)) for value in column]
        counts = Counter(tag for row in rows for tag in row)
        total = max(sum(1 for row in rows if row), 1)
        kept = sorted(tag for tag, count in counts.items() if count >= _MIN_COUNT)
        weights = {tag: float(np.log(total / counts[tag]) + 0.3) for tag in kept}
        return cls(weights, LogSize.fit(column.map(cls._tags)))

    def encode(self, column: pd.Series) -> Encoded:
        """Sparse float32 [n, vocabulary], rows of length 1 or 0; dense float32 [n, 1]."""
        rows, columns, weights = [], [], []
        for row, value in enumerate(column):
            known = [tag for tag in dict.fromkeys(self._tags(value)) if tag in self._columns]
            length = math.sqrt(sum(self._weights[tag] ** 2 for tag in known))
            for tag in known:
                rows.append(row)
                columns.append(self._columns[tag])
                weights.append(self._weights[tag] / length)
        shape = (len(column), self.vocabulary_size)
        tags = sp.csr_matrix((np.asarray(weights, np.float32), (rows, columns)), shape=shape)
        return Encoded(dense=self._size.encode(column.map(self._tags)), sparse=tags)

    @property
    def width(self) -> int:
        """1: the count of tags."""
        return 1

    @property
    def vocabulary_size(self) -> int:
        """Count of known tags."""
        return len(self._columns)

    def state(self) -> dict[str, Any]:
        """The inverse document frequency of each tag, and mean and deviation of the log count."""
        return {"vocabulary": self._weights, "size": self._size.state()}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """The inverse of `state`."""
        return cls(state["vocabulary"], LogSize(**state["size"]))

    @staticmethod
    def _tags(value: object) -> tuple[str, ...]:
        return tuple(value) if isinstance(value, (tuple, list)) else ()


class CategoryEncoder(TagsEncoder):
    """A category as one tag; empty and unknown categories are a row of zeros."""

    type = FeatureType.CATEGORY

    @staticmethod
    def _tags(value: object) -> tuple[str, ...]:
        return (value,) if isinstance(value, str) and value else ()

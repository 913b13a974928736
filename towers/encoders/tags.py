"""Categories and tags: weighted rows over a vocabulary."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Self

import numpy as np
import pandas as pd
import scipy.sparse as sp

from ingest.schema import FeatureType
from towers.encoders.base import Encoded, FeatureEncoder

# A tag of one item only says nothing about any other item.
_MIN_COUNT = 2


class TagsEncoder(FeatureEncoder):
    """Tags as a row of inverse document frequencies with length 1; unknown tags are left out.

    The weight of a tag in n items of N is ln(N / n) + 0.3 (Spärck Jones, 1972; the constant keeps a tag that all
    items have from vanishing). An item with no known tag is a row of zeros.
    """

    type = FeatureType.TAGS

    def __init__(self, vocabulary: dict[str, float]) -> None:
        """vocabulary: weight by tag, in the order of the columns."""
        self._weights = vocabulary
        self._columns = {tag: column for column, tag in enumerate(vocabulary)}

    @classmethod
    def fit(cls, column: pd.Series) -> Self:
        """Learn the vocabulary and each tag's weight."""
        rows = [set(cls._tags(value)) for value in column]
        counts = Counter(tag for row in rows for tag in row)
        total = max(sum(1 for row in rows if row), 1)
        kept = sorted(tag for tag, count in counts.items() if count >= _MIN_COUNT)
        return cls({tag: float(np.log(total / counts[tag]) + 0.3) for tag in kept})

    def encode(self, column: pd.Series) -> Encoded:
        """Sparse float32 [n, vocabulary], rows of length 1 or 0."""
        rows, columns, weights = [], [], []
        for row, value in enumerate(column):
            known = [tag for tag in dict.fromkeys(self._tags(value)) if tag in self._columns]
            length = np.sqrt(sum(self._weights[tag] ** 2 for tag in known))
            for tag in known:
                rows.append(row)
                columns.append(self._columns[tag])
                weights.append(self._weights[tag] / length)
        shape = (len(column), self.vocabulary_size)
        return Encoded(sparse=sp.csr_matrix((np.asarray(weights, np.float32), (rows, columns)), shape=shape))

    @property
    def width(self) -> int:
        """0: tags are sparse."""
        return 0

    @property
    def vocabulary_size(self) -> int:
        """Count of known tags."""
        return len(self._columns)

    def state(self) -> dict[str, Any]:
        """The weight of each tag."""
        return {"vocabulary": self._weights}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """From what `state` gave."""
        return cls(state["vocabulary"])

    @staticmethod
    def _tags(value: object) -> Iterable[str]:
        return value if isinstance(value, (tuple, list)) else ()


class CategoryEncoder(TagsEncoder):
    """A category as one tag; empty and unknown categories are a row of zeros."""

    type = FeatureType.CATEGORY

    @staticmethod
    def _tags(value: object) -> Iterable[str]:
        return (value,) if isinstance(value, str) and value else ()

"""Sparse vectors: many dimensions, few of them not zero."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

MOST_INDEX: Final = 2**31 - 1
"""The last dimension that an entry may have."""


@dataclass(frozen=True, eq=False)
class SparseVector:
    """The non-zero entries of a vector; an empty one is allowed.

    indices: int64 [entries], from 0 to MOST_INDEX, ascending, each once. values: float32 [entries]. Nobody may change
    them.
    """

    indices: NDArray[np.int64]
    values: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.indices)

    @classmethod
    def of_row(cls, matrix: csr_matrix, row: int) -> "SparseVector":
        """From one row of a sparse matrix; for many rows `sparse_rows` is faster."""
        return sparse_rows(matrix[[row]])[0]


def sparse_rows(matrix: csr_matrix) -> list[SparseVector]:
    """One sparse vector per row of a matrix, which is not changed: zeros are dropped, duplicates summed."""
    tidy = csr_matrix(matrix, dtype=np.float32, copy=True)
    tidy.sum_duplicates()
    tidy.eliminate_zeros()
    indices = tidy.indices.astype(np.int64)
    return [SparseVector(indices[start:end], tidy.data[start:end]) for start, end in pairwise(tidy.indptr.tolist())]

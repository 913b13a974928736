"""Sparse vectors: of very many dimensions, with a number in few of them."""

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
    """The entries of a vector that are not zero; none at all is normal.

    indices: int64 [entries], from 0 to MOST_INDEX, ascending, each once. values: float32 [entries]. Nobody may change
    them.
    """

    indices: NDArray[np.int64]
    values: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.indices)

    @classmethod
    def of_row(cls, matrix: csr_matrix, row: int) -> "SparseVector":
        """One row of a matrix of any width; for many rows `sparse_rows` is quicker."""
        return sparse_rows(matrix[[row]])[0]


def sparse_rows(matrix: csr_matrix) -> list[SparseVector]:
    """Each row of a matrix [n, any], which is left as it is: zeros are left out, entries of one cell added up."""
    tidy = csr_matrix(matrix, dtype=np.float32, copy=True)
    tidy.sum_duplicates()
    tidy.eliminate_zeros()
    indices = tidy.indices.astype(np.int64)
    return [SparseVector(indices[start:end], tidy.data[start:end]) for start, end in pairwise(tidy.indptr.tolist())]

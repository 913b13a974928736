"""Sparse matrices that are empty, thinned or made of rows, and fast access to a few rows."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp


def entries_of(
    matrix: sp.csr_matrix, rows: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Where the entries of n rows of a CSR matrix are, faster than `matrix[rows]` for few rows.

    rows: int64 [n]. Returns where each row's begin among them, int64 [n + 1], and their places in the matrix's data.
    """
    begin = matrix.indptr[rows].astype(np.int64)
    length = matrix.indptr[rows + 1] - begin
    starts = np.zeros(len(rows) + 1, np.int64)
    np.cumsum(length, out=starts[1:])
    return starts, np.repeat(begin - starts[:-1], length) + np.arange(starts[-1])


def stacked(entries: Sequence[tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]], columns: int) -> sp.csr_matrix:
    """Rows given as columns, int64, ascending, and values, float32: float32 CSR [n, columns].

    Far faster than to stack n matrices.
    """
    starts = np.zeros(len(entries) + 1, np.int64)
    np.cumsum([len(own) for own, _ in entries], out=starts[1:])
    places = np.concatenate([np.zeros(0, np.int64), *(own for own, _ in entries)])
    values = np.concatenate([np.zeros(0, np.float32), *(own for _, own in entries)])
    return sp.csr_matrix((values, places, starts), shape=(len(entries), columns))


def strongest(matrix: sp.csr_matrix, most: int) -> sp.csr_matrix:
    """The matrix with at most so many entries in each row, the largest; zeros are no entries."""
    thinned = sp.csr_matrix(matrix, copy=True)
    thinned.eliminate_zeros()
    for row in np.flatnonzero(np.diff(thinned.indptr) > most):
        part = thinned.data[thinned.indptr[row] : thinned.indptr[row + 1]]
        part[np.argpartition(-part, most)[most:]] = 0
    thinned.eliminate_zeros()
    return thinned


def empty(rows: int, columns: int) -> sp.csr_matrix:
    """A float32 CSR matrix [rows, columns] without entries; it costs no memory, however many columns."""
    parts = (np.zeros(0, np.float32), np.zeros(0, np.int64), np.zeros(rows + 1, np.int64))
    return sp.csr_matrix(parts, shape=(rows, columns))

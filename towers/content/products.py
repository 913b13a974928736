"""Dot products of sparse content rows, whose many columns would not fit a dense array."""

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp


def products(queries: sp.csr_matrix, rows: sp.csr_matrix) -> npt.NDArray[np.float32]:
    """Dot products of q queries with n rows: float32 [q, n]."""
    columns = np.unique(queries.indices).astype(np.int64)
    if not len(columns) or not rows.nnz:
        return np.zeros((queries.shape[0], rows.shape[0]), np.float32)
    narrow = sp.csr_matrix(
        (queries.data, np.searchsorted(columns, queries.indices), queries.indptr), (queries.shape[0], len(columns))
    )
    return np.asarray((narrow @ narrowed(rows, columns).T).toarray(), np.float32)


def narrowed(rows: sp.csr_matrix, columns: npt.NDArray[np.int64]) -> sp.csr_matrix:
    """Only the given columns, sorted, of n rows: float32 CSR [n, columns]."""
    place = np.minimum(np.searchsorted(columns, rows.indices), len(columns) - 1)
    kept = columns[place] == rows.indices
    starts = np.append(0, np.cumsum(kept))[rows.indptr]
    return sp.csr_matrix((rows.data[kept], place[kept], starts), shape=(rows.shape[0], len(columns)))

"""Sparse matrices with nothing in them."""

import numpy as np
import scipy.sparse as sp


def empty(rows: int, columns: int) -> sp.csr_matrix:
    """float32 CSR [rows, columns] without entries; the columns cost nothing, however many."""
    parts = (np.zeros(0, np.float32), np.zeros(0, np.int64), np.zeros(rows + 1, np.int64))
    return sp.csr_matrix(parts, shape=(rows, columns))

"""EASE: the linear model of items by items that leaves each item to all others."""

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.linalg import cho_factor, cho_solve

_MOST_WORK = 3e12
"""Multiplications that a solution may cost: half a minute to a minute on two cores."""

_BLOCK = 2048


def affordable(users: int, items: int) -> bool:
    """Whether the weights of so many items, or of the items of so many users, can be had in reasonable time."""
    return min(float(items) ** 3, float(users) ** 3 + float(users) * items**2) <= _MOST_WORK and items <= 60_000


def linear_weights(known: sp.csr_matrix, penalty: float, kept: int) -> sp.csr_matrix:
    """The weights of EASE (Steck, 2019): float32 CSR [items, items], the `kept` strongest into each item.

    known: float32 CSR [users, items]; penalty: in events of a mean item. A user's row counts by the inverse root of its
    length. Solved in the space of the items, or, where users are fewer, of the users:
    (X'X + p)^-1 = (1 - X'(XX' + p)^-1 X) / p.
    """
    lengths = np.maximum(known.getnnz(axis=1), 1)
    rows = sp.diags((lengths.mean() / lengths) ** 0.25) @ known.astype(np.float64)
    squares = np.asarray(rows.multiply(rows).sum(axis=0)).ravel()
    ridge = max(penalty * float(squares.mean()), 1e-6)
    return _by_users(rows, ridge, kept) if rows.shape[0] < rows.shape[1] else _by_items(rows, ridge, kept)


def _by_items(rows: sp.csr_matrix, ridge: float, kept: int) -> sp.csr_matrix:
    gram = (rows.T @ rows).toarray()
    gram[np.diag_indices_from(gram)] += ridge
    inverse = cho_solve(cho_factor(gram, overwrite_a=True, check_finite=False), np.eye(len(gram)), check_finite=False)
    diagonal = np.diag(inverse).copy()
    blocks = []
    for start in range(0, len(gram), _BLOCK):
        columns = inverse[:, start : start + _BLOCK] / -diagonal[start : start + _BLOCK]
        blocks.append(strongest(_without_self(columns, start), kept))
    return sp.hstack(blocks, format="csr", dtype=np.float32)


def _by_users(rows: sp.csr_matrix, ridge: float, kept: int) -> sp.csr_matrix:
    gram = (rows @ rows.T).toarray()
    gram[np.diag_indices_from(gram)] += ridge
    solved = cho_solve(cho_factor(gram, overwrite_a=True, check_finite=False), rows.toarray(), check_finite=False)
    diagonal = (1 - np.asarray(rows.multiply(solved).sum(axis=0)).ravel()) / ridge
    blocks = []
    for start in range(0, rows.shape[1], _BLOCK):
        part = slice(start, start + _BLOCK)
        columns = (rows.T @ solved[:, part]) / ridge / diagonal[part]
        blocks.append(strongest(_without_self(columns, start), kept))
    return sp.hstack(blocks, format="csr", dtype=np.float32)


def _without_self(columns: npt.NDArray[np.float64], start: int) -> npt.NDArray[np.float64]:
    own = np.arange(columns.shape[1])
    columns[own + start, own] = 0.0
    return columns


def strongest(columns: npt.NDArray[np.float64], kept: int) -> sp.csc_matrix:
    """Of each column of [n, m] the `kept` entries of greatest size, the others left out."""
    if kept < len(columns):
        size = np.abs(columns)
        least = np.partition(size, len(columns) - kept, axis=0)[len(columns) - kept]
        columns = np.where(size >= least, columns, 0.0)
    return sp.csc_matrix(columns.astype(np.float32))

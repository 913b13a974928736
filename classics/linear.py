"""The linear item-to-item model of EASE (Steck, 2019), in the space of items or of users.

With X the users' rows and p the penalty, let P = (X'X + p)^-1. The weights that reproduce X best from itself, none from
an item to itself, are B = 1 - P / diag(P), column by column (https://arxiv.org/abs/1905.03375). Where users are
fewer than items, K = (XX' + p)^-1 gives the same without a matrix of items by items: p P = 1 - X'KX (Woodbury).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.linalg import cho_factor, cho_solve

Floats = npt.NDArray[np.float64]

_MOST_WORK = 3e12
"""Multiplications that a solution may cost: half a minute to a minute on two cores."""

_BLOCK = 2048


@dataclass(frozen=True)
class ByItems:
    """The solution in the space of the items. inverse: float64 [items, items], P."""

    inverse: Floats

    @classmethod
    def solve(cls, rows: sp.csr_matrix, penalty: float) -> "ByItems":
        """rows: float64 CSR [users, items]; penalty: above zero."""
        return cls(_inverse((rows.T @ rows).toarray(), penalty))

    def weights(self, start: int, stop: int) -> Floats:
        """The weights from all items into those from `start` to before `stop`: float64 [items, stop - start]."""
        columns = self.inverse[:, start:stop] / -np.diag(self.inverse)[start:stop]
        return _without_self(columns, start)


@dataclass(frozen=True)
class ByUsers:
    """The solution in the space of the users.

    rows: float64 CSR [users, items], what was learnt from. inverse: float64 [users, users], K. diagonal: float64
    [items], that of p P.
    """

    rows: sp.csr_matrix
    inverse: Floats
    diagonal: Floats

    @classmethod
    def solve(cls, rows: sp.csr_matrix, penalty: float) -> "ByUsers":
        """rows: float64 CSR [users, items]; penalty: above zero."""
        inverse, columns = _inverse((rows @ rows.T).toarray(), penalty), rows.tocsc()
        blocks = [columns[:, start : start + _BLOCK] for start in range(0, columns.shape[1], _BLOCK)]
        explained = [np.asarray(block.multiply(inverse @ block).sum(axis=0)).ravel() for block in blocks]
        return cls(rows, inverse, 1.0 - np.concatenate(explained))

    def weights(self, start: int, stop: int) -> Floats:
        """As `ByItems.weights`."""
        columns = (self.rows.T @ (self.inverse @ self.rows[:, start:stop])) / self.diagonal[start:stop]
        return _without_self(np.asarray(columns), start)


def solve(rows: sp.csr_matrix, penalty: float) -> ByItems | ByUsers:
    """Solve in the space of users or of items, whichever are fewer: both give the same weights."""
    way = ByItems if rows.shape[1] <= rows.shape[0] else ByUsers
    return way.solve(rows, penalty)


def affordable(users: int, items: int) -> bool:
    """Whether the weights of so many items, or of the items of so many users, can be computed in reasonable time."""
    return min(float(items) ** 3, float(users) ** 3 + float(users) * items**2) <= _MOST_WORK and items <= 60_000


def linear_weights(known: sp.csr_matrix, penalty: float, kept: int) -> sp.csr_matrix:
    """Weights with all users weighted alike: float32 CSR [items, items], the `kept` strongest into each item.

    known: float32 CSR [users, items]; penalty: in events of a mean item. A user's row counts by the inverse root of its
    length.
    """
    lengths = np.maximum(known.getnnz(axis=1), 1)
    rows = sp.csr_matrix(sp.diags((lengths.mean() / lengths) ** 0.25) @ known.astype(np.float64))
    squares = np.asarray(rows.multiply(rows).sum(axis=0)).ravel()
    return pruned(solve(rows, max(penalty * float(squares.mean()), 1e-6)), rows.shape[1], kept)


def pruned(solution: ByItems | ByUsers, items: int, kept: int) -> sp.csr_matrix:
    """The `kept` weights of greatest magnitude into each item: float32 CSR [items, items]."""
    starts = range(0, items, _BLOCK)
    blocks = [strongest(solution.weights(start, min(start + _BLOCK, items)), kept) for start in starts]
    return sp.csr_matrix(sp.hstack(blocks, format="csr", dtype=np.float32))


def strongest(columns: Floats, kept: int) -> sp.csc_matrix:
    """The `kept` entries of greatest magnitude of each column of [n, m]; the others become 0."""
    if kept < len(columns):
        size = np.abs(columns)
        least = np.partition(size, len(columns) - kept, axis=0)[len(columns) - kept]
        columns = np.where(size >= least, columns, 0.0)
    return sp.csc_matrix(columns.astype(np.float32))


def _inverse(gram: Floats, penalty: float) -> Floats:
    gram[np.diag_indices_from(gram)] += penalty
    factor = cho_factor(gram, lower=True, overwrite_a=True, check_finite=False)
    return cho_solve(factor, np.eye(len(gram)), check_finite=False)


def _without_self(columns: Floats, start: int) -> Floats:
    own = np.arange(columns.shape[1])
    columns[own + start, own] = 0.0
    return columns

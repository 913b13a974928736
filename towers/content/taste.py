"""User profiles over content: a ridge regression per user, solved in closed form from the history."""

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.linalg.lapack import sposv

from pharos.towers.content.encoder import ContentEncoder
from pharos.towers.sparse import empty

LONGEST = 200
"""The newest events that are read."""

_ENOUGH_LABELS = 2.0
_MOST_DENSE = 50_000


@dataclass(frozen=True)
class Taste:
    """Ridge regression of a user's items against the catalogue, over labels, or over words where labels are few.

    first: the first column that is read; spread: float32 [columns], for each from there on the sum of its squared
    weights over the catalogue. All other items are the regression's negatives. They enter through the diagonal of
    their scatter matrix alone, so that there is one equation for each history item (the dual form: Saunders et al.,
    1998), and no training is needed.
    """

    first: int
    spread: npt.NDArray[np.float32]

    @classmethod
    def fit(cls, content: sp.csr_matrix, encoder: ContentEncoder) -> Self:
        """Prepare the regression. content: float32 CSR [items, columns], the content rows of the catalogue."""
        labels, terms = len(encoder.labels), encoder.terms
        enough = (content.indices < labels).sum() >= _ENOUGH_LABELS * content.shape[0]
        first, stop = (0, labels) if enough else (labels, terms)
        read = (content.indices >= first) & (content.indices < stop)
        spread = np.bincount(content.indices[read] - first, content.data[read] ** 2, stop - first)
        return cls(first, spread.astype(np.float32))

    def read(self, rows: sp.csr_matrix) -> sp.csr_matrix:
        """Select the columns that the regression uses: float32 CSR [n, spread]; rows: float32 CSR [n, columns]."""
        inside = (rows.indices >= self.first) & (rows.indices < self.first + len(self.spread))
        starts = np.append(0, np.cumsum(inside))[rows.indptr]
        parts = (rows.data[inside], rows.indices[inside] - self.first, starts)
        return sp.csr_matrix(parts, shape=(rows.shape[0], len(self.spread)), dtype=np.float32)

    def scaled(self, read: sp.csr_matrix) -> sp.csr_matrix:
        """The selected columns, each divided by its penalty."""
        penalties = (1 + self.spread)[read.indices]
        return sp.csr_matrix((read.data / penalties, read.indices, read.indptr), shape=read.shape)

    def weights(self, past: sp.csr_matrix, scaled: sp.csr_matrix) -> sp.csr_matrix:
        """The user's weight of each column: float32 CSR [1, spread]; a dot product with an item's row is its score.

        past, scaled: float32 CSR [l, spread], the rows of past items as `read` and `scaled` give them; the newest
        count.
        """
        if past.shape[0] > LONGEST:
            past, scaled = past[-LONGEST:], scaled[-LONGEST:]
        if not past.shape[0]:
            return empty(1, len(self.spread))
        columns, weights = entry_weights(Entries(past.indices, past.indptr, past.data, scaled.data))
        return sp.csr_matrix((weights, columns, [0, len(columns)]), shape=(1, len(self.spread)))


class Entries(NamedTuple):
    """The rows of l past items in the columns that the regression uses, as `Taste.read` and `Taste.scaled` give them.

    columns: int [e]; starts: int [l + 1], where each item's entries begin; values, scaled: float32 [e].
    """

    columns: npt.NDArray[np.integer]
    starts: npt.NDArray[np.integer]
    values: npt.NDArray[np.float32]
    scaled: npt.NDArray[np.float32]


def entry_weights(past: Entries) -> tuple[npt.NDArray[np.integer], npt.NDArray[np.float32]]:
    """The user's weights, see `Taste.weights`, as columns, ascending, and a float32 for each."""
    columns, place = np.unique(past.columns, return_inverse=True)
    row = np.repeat(np.arange(len(past.starts) - 1), np.diff(past.starts))
    duals = _duals(past, row, place, len(columns))
    return columns, np.bincount(place, past.scaled * duals[row], len(columns)).astype(np.float32)


def _duals(
    past: Entries, row: npt.NDArray[np.int64], place: npt.NDArray[np.int64], columns: int
) -> npt.NDArray[np.float32]:
    """The solution in the dual form, float32 [l]. row, place: of each entry, among `columns` columns that occur."""
    length = len(past.starts) - 1
    if length * columns <= _MOST_DENSE:
        # So few that sparse bookkeeping would cost more than the zeros.
        dense = np.zeros((2, length, columns), np.float32)
        dense[0, row, place], dense[1, row, place] = past.values, past.scaled
        kernel = dense[1] @ dense[0].T
    else:
        shape = (length, columns)
        rows = [sp.csr_matrix((values, place, past.starts), shape) for values in (past.scaled, past.values)]
        kernel = (rows[0] @ rows[1].T).toarray()
    kernel.reshape(-1)[:: length + 1] += 1.0
    # Symmetric and positive definite: Cholesky's factors cost half of what LU's do.
    _, duals, _ = sposv(kernel, np.ones(length, np.float32))
    return np.asarray(duals, np.float32)

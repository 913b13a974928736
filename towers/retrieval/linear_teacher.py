"""A linear item-to-item model (EASE) as a teacher of the towers, for data without timestamps."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from pharos.classics.linear import linear_weights

# The time of a solution grows with the third power of the items: only the most frequent ones have a teacher, the others
# learn
# from events alone.
_MOST_ITEMS = 5000
# In events of a mean item.
_PENALTY = 8.0
# The logit of a user's highest score, on average. A low value, so that the teacher compares all items instead of
# picking the best.
_HIGHEST = 3.0
_USERS_FOR_SCALE = 1000


@dataclass(frozen=True)
class LinearTeacher:
    """EASE (Steck, 2019) with each user's row weighted by the inverse square root of its length.

    weights: float32 [k, k], from a history to logits; taught: int64 [k], the rows of these k items, sorted.
    """

    weights: npt.NDArray[np.float32]
    taught: npt.NDArray[np.int64]

    @classmethod
    def fit(cls, known: sp.csr_matrix) -> "LinearTeacher":
        """Solve for the most frequent items. known: bool [users, items]."""
        counts = known.getnnz(axis=0)
        taught = np.sort(np.argsort(-counts, kind="stable")[:_MOST_ITEMS])
        matrix = known[:, taught].astype(np.float32)
        solved = linear_weights(matrix, _PENALTY, len(taught)).toarray()
        some = matrix[:: -(-known.shape[0] // _USERS_FOR_SCALE)]
        highest = float((some @ solved).max(axis=1).mean())
        return cls((solved * _HIGHEST / max(highest, 1e-6)).astype(np.float32), taught)

    def logits(self, histories: sp.csr_matrix, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """Logits float32 [b, rows] of the items `rows`, sorted; 0 for items left out. histories: float32 [b, items]."""
        logits = np.zeros((histories.shape[0], len(rows)), np.float32)
        _, asked, own = np.intersect1d(rows, self.taught, assume_unique=True, return_indices=True)
        logits[:, asked] = histories[:, self.taught] @ self.weights[:, own]
        return logits

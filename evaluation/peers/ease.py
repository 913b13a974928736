"""EASE: the closed form of a linear autoencoder over items (Steck, 2019, https://arxiv.org/abs/1905.03375)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_matrix

from pharos.evaluation.peers.base import Floats, Need, PeerUnfit, RankingData
from pharos.evaluation.scoring import Codes, Scores

_LARGEST_SYSTEM = 20_000
_BLOCK = 2000


@dataclass(frozen=True)
class Ease:
    """l2: the weight of the penalty."""

    name: ClassVar[str] = "EASE"
    needs: ClassVar[frozenset[Need]] = frozenset()
    recommends_cold: ClassVar[bool] = False

    l2: float = 200.0

    @classmethod
    def grid(cls) -> tuple["Ease", ...]:
        return tuple(cls(l2) for l2 in (200.0, 100.0, 500.0, 50.0, 350.0, 1000.0, 700.0, 2000.0))

    def fit(self, data: RankingData) -> "ItemWeights | UserWeights":
        """Solve in the space of users or of items, whichever is smaller: both give the same scores.

        Raises PeerUnfit where the smaller of the two exceeds 20,000.
        """
        users, items = data.matrix.shape
        if min(users, items) > _LARGEST_SYSTEM:
            raise PeerUnfit(
                f"EASE inverts a matrix of as many rows as there are users ({users}) or items ({items}); "
                f"at most {_LARGEST_SYSTEM} fit"
            )
        matrix, histories = data.matrix.astype(np.float64), data.histories.astype(np.float64)
        return self._by_items(matrix, histories) if items <= users else self._by_users(matrix, histories)

    def _by_items(self, matrix: csr_matrix, histories: csr_matrix) -> "ItemWeights":
        gram = (matrix.T @ matrix).toarray()
        inverse = _inverse(gram, self.l2)
        weights = inverse / -np.diag(inverse)
        np.fill_diagonal(weights, 0.0)
        return ItemWeights(histories, weights)

    def _by_users(self, matrix: csr_matrix, histories: csr_matrix) -> "UserWeights":
        # With K = (XX' + l2)^-1 and P = (X'X + l2)^-1 it is l2 P = 1 - X'KX (Woodbury), and B = 1 - P / diag(P): no
        # matrix of items by items is needed, neither for the diagonal nor for the scores of a history.
        inverse = _inverse((matrix @ matrix.T).toarray(), self.l2)
        columns = matrix.tocsc()
        blocks = [columns[:, start : start + _BLOCK] for start in range(0, columns.shape[1], _BLOCK)]
        explained = [np.asarray(block.multiply(inverse @ block).sum(axis=0)).ravel() for block in blocks]
        return UserWeights(histories, matrix, inverse, 1.0 - np.concatenate(explained))


def _inverse(gram: Floats, l2: float) -> Floats:
    gram[np.diag_indices_from(gram)] += l2
    return cho_solve(cho_factor(gram, lower=True, check_finite=False), np.eye(len(gram)), check_finite=False)


@dataclass(frozen=True)
class ItemWeights:
    """histories: csr [users, items]. weights: [items, items], with a diagonal of zeros."""

    histories: csr_matrix
    weights: Floats

    def score(self, users: Codes) -> Scores:
        return (self.histories[users] @ self.weights).astype(np.float32)


@dataclass(frozen=True)
class UserWeights:
    """histories, matrix: csr [users, items], what is asked with and what was learnt from.

    inverse: [users, users]. diagonal: [items], of the inverse in the space of items, times the penalty.
    """

    histories: csr_matrix
    matrix: csr_matrix
    inverse: Floats
    diagonal: Floats

    def score(self, users: Codes) -> Scores:
        asked = self.histories[users]
        dense = asked.toarray()
        unexplained = dense - ((asked @ self.matrix.T) @ self.inverse) @ self.matrix
        scores: Scores = (dense - unexplained / self.diagonal).astype(np.float32)
        return scores

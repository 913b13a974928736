"""EASE: the closed form of a linear autoencoder over items (Steck, 2019, https://arxiv.org/abs/1905.03375)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_matrix

from evaluation.peers.base import Floats, Need, PeerUnfit, RankingData
from evaluation.scoring import Codes, Scores

_LARGEST_SYSTEM = 20_000


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
            raise PeerUnfit(f"EASE inverts a matrix of {min(users, items)} rows; at most {_LARGEST_SYSTEM} fit")
        matrix = data.matrix.astype(np.float64)
        return self._by_items(matrix) if items <= users else self._by_users(matrix)

    def _by_items(self, matrix: csr_matrix) -> "ItemWeights":
        gram = (matrix.T @ matrix).toarray()
        inverse = _inverse(gram, self.l2)
        weights = inverse / -np.diag(inverse)
        np.fill_diagonal(weights, 0.0)
        return ItemWeights(matrix, weights)

    def _by_users(self, matrix: csr_matrix) -> "UserWeights":
        # With K = (XX' + l2)^-1 and P = (X'X + l2)^-1: XP = KX (push-through identity), l2 diag(P) = 1 - diag(X'KX)
        # (Woodbury), and the scores are XB = X - XP / diag(P).
        inverse = _inverse((matrix @ matrix.T).toarray(), self.l2)
        explained = np.asarray(matrix.multiply(inverse @ matrix).sum(axis=0)).ravel()
        return UserWeights(matrix, inverse, (1.0 - explained) / self.l2)


def _inverse(gram: Floats, l2: float) -> Floats:
    gram[np.diag_indices_from(gram)] += l2
    return cho_solve(cho_factor(gram, lower=True, check_finite=False), np.eye(len(gram)), check_finite=False)


@dataclass(frozen=True)
class ItemWeights:
    """matrix: csr [users, items]. weights: [items, items], with a diagonal of zeros."""

    matrix: csr_matrix
    weights: Floats

    def score(self, users: Codes) -> Scores:
        return (self.matrix[users] @ self.weights).astype(np.float32)


@dataclass(frozen=True)
class UserWeights:
    """matrix: csr [users, items]. inverse: [users, users]. diagonal: [items], of the inverse in the space of items."""

    matrix: csr_matrix
    inverse: Floats
    diagonal: Floats

    def score(self, users: Codes) -> Scores:
        scores = self.matrix[users].toarray() - (self.inverse[users] @ self.matrix) / self.diagonal
        return scores.astype(np.float32)

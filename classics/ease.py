"""EASE: the closed form of a linear autoencoder over items (Steck, 2019, https://arxiv.org/abs/1905.03375)."""

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from scipy.sparse import csr_matrix

from pharos.classics.base import Capabilities, Classic, Reasons, Scorer
from pharos.classics.data import Floats, Histories, RankingData
from pharos.classics.errors import Unfit
from pharos.classics.linear import ByUsers, solve
from pharos.classics.scorers import row_of
from pharos.classics.scoring import Codes, Scores

_LARGEST_SYSTEM = 20_000


@dataclass(frozen=True)
class EASE(Classic):
    """score(u, j) = sum over the items i of u of B[i, j], with B as `pharos.classics.linear` solves it.

    l2: the weight of the penalty, p there.
    """

    name: ClassVar[str] = "EASE"
    summary: ClassVar[str] = "a linear model of every item by all others"
    can: ClassVar[Capabilities] = Capabilities(unknown_users=True, explanations=True)

    l2: float = 200.0

    @classmethod
    def grid(cls) -> tuple["EASE", ...]:
        return tuple(cls(l2) for l2 in (200.0, 100.0, 500.0, 50.0, 350.0, 1000.0, 700.0, 2000.0))

    def fit(self, data: RankingData) -> "ItemWeights | UserWeights":
        """Solve in the space of users or of items, whichever is smaller; the scores are the same.

        Raises Unfit where the smaller of the two exceeds 20,000.
        """
        users, items = data.matrix.shape
        if min(users, items) > _LARGEST_SYSTEM:
            raise Unfit(
                f"EASE inverts a matrix of as many rows as there are users ({users}) or items ({items}); "
                f"at most {_LARGEST_SYSTEM} fit"
            )
        solution, histories = solve(data.matrix.astype(np.float64), self.l2), data.histories.astype(np.float64)
        if isinstance(solution, ByUsers):
            return UserWeights(histories, solution)
        return ItemWeights(histories, solution.weights(0, items))


@dataclass(frozen=True)
class ItemWeights(Scorer):
    """histories: csr [users, items]. weights: [items, items], with a diagonal of zeros."""

    histories: csr_matrix
    weights: Floats

    def score(self, users: Codes) -> Scores:
        return (self.histories[users] @ self.weights).astype(np.float32)

    def for_histories(self, histories: Histories) -> Self:
        return replace(self, histories=histories.matrix.astype(np.float64))

    def explain(self, user: int, item: int) -> Reasons:
        past, counts = row_of(self.histories, user)
        return Reasons(past, counts * self.weights[past, item])


@dataclass(frozen=True)
class UserWeights(Scorer):
    """EASE in the space of users, for more items than a matrix of them allows. histories: csr [users, items]."""

    histories: csr_matrix
    solution: ByUsers

    def score(self, users: Codes) -> Scores:
        asked, rows = self.histories[users], self.solution.rows
        dense = asked.toarray()
        unexplained = dense - ((asked @ rows.T) @ self.solution.inverse) @ rows
        scores: Scores = (dense - unexplained / self.solution.diagonal).astype(np.float32)
        return scores

    def for_histories(self, histories: Histories) -> Self:
        return replace(self, histories=histories.matrix.astype(np.float64))

    def explain(self, user: int, item: int) -> Reasons:
        past, counts = row_of(self.histories, user)
        return Reasons(past, counts * self.solution.weights(item, item + 1)[past, 0])

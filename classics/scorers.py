"""Scorers that most ranking methods return: item similarities, or factor vectors."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from scipy.sparse import csr_matrix

from pharos.classics.base import Reasons, Scorer
from pharos.classics.data import Histories, Vectors
from pharos.classics.scoring import Codes, Scores


@dataclass(frozen=True)
class ItemSimilarity(Scorer):
    """The scorer of all neighbour methods: an item's score is the sum of its similarities to the user's items.

    histories: csr [users, items]. similarity: csr [items, items], from the user's item (row) to the scored one.
    """

    histories: csr_matrix
    similarity: csr_matrix

    def score(self, users: Codes) -> Scores:
        scores: Scores = (self.histories[users] @ self.similarity).toarray().astype(np.float32, copy=False)
        return scores

    def for_histories(self, histories: Histories) -> Self:
        return replace(self, histories=histories.matrix)

    def explain(self, user: int, item: int) -> Reasons:
        past, counts = row_of(self.histories, user)
        weights = np.asarray(self.similarity[past][:, [item]].toarray(), np.float64).ravel()
        return Reasons(past, counts * weights)


@dataclass(frozen=True)
class Factors(Scorer):
    """The scorer of all factor models: the inner product of user and item vectors.

    users: float32 [users, d]. items: float32 [items, d].
    """

    users: Vectors
    items: Vectors

    def score(self, users: Codes) -> Scores:
        return self.users[users] @ self.items.T


@dataclass(frozen=True)
class Profiles(Factors):
    """Factors whose user vector is the sum of the vectors of the history. histories: csr [users, items]."""

    histories: csr_matrix

    @classmethod
    def of(cls, histories: csr_matrix, items: Vectors) -> Self:
        """Sum the vectors of each history."""
        return cls(histories @ items, items, histories)

    def for_histories(self, histories: Histories) -> Self:
        return self.of(histories.matrix, self.items)

    def explain(self, user: int, item: int) -> Reasons:
        past, counts = row_of(self.histories, user)
        return Reasons(past, counts * (self.items[past] @ self.items[item]).astype(np.float64))


def row_of(histories: csr_matrix, user: int) -> tuple[Codes, np.ndarray]:
    """The items of one user and their values: int64 [n], float64 [n]."""
    row = histories[[user]]
    return row.indices.astype(np.int64), row.data.astype(np.float64)

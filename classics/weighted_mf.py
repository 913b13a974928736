"""Weighted matrix factorisation: missing cells count as zeros with a small weight (Hu, Koren and Volinsky, 2008)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import ClassVar, Final, Self

import numpy as np
from scipy.sparse import csr_matrix

from pharos.classics.base import Capabilities, Classic, Reasons, Scorer
from pharos.classics.data import Floats, Histories, RankingData
from pharos.classics.scorers import row_of
from pharos.classics.scoring import Codes, Scores

_TOGETHER: Final = 1 << 18
"""Numbers of a group of rows that are solved at once, about."""


@dataclass(frozen=True)
class WeightedMF(Classic):
    """Minimises two sums: over observed (u, i) of (a - p_u q_i)^2, and w0 times that over all others of (p_u q_i)^2.

    Besides penalty * (sum |p_u|^2 + sum |q_i|^2). By alternating least squares: with the items' vectors held, each user
    is a ridge regression in closed form, and the other way round
    (https://developers.google.com/machine-learning/recommendation/collaborative/matrix). Divided by w0 it is the
    objective of iALS with alpha 1 / w0.

    factors: length of a vector. unobserved: w0. penalty: as above. sweeps: over both sides. seed: of first vectors.
    """

    name: ClassVar[str] = "Weighted MF"
    summary: ClassVar[str] = "factors with the unobserved as zeros of little weight, by least squares"
    can: ClassVar[Capabilities] = Capabilities(unknown_users=True, explanations=True)

    factors: int = 32
    unobserved: float = 0.1
    penalty: float = 1.0
    sweeps: int = 15
    seed: int = 0

    @classmethod
    def grid(cls) -> tuple["WeightedMF", ...]:
        return tuple(cls(*values) for values in product((64, 32, 128), (0.1, 0.25, 0.05), (1.0, 3.0, 0.3)))

    def fit(self, data: RankingData) -> "WeightedScores":
        matrix = csr_matrix(data.matrix, dtype=np.float64)
        _, items = alternate(matrix, self.factors, self.unobserved, self.penalty, self.sweeps, self.seed)
        return WeightedScores.solve(csr_matrix(data.histories, dtype=np.float64), items, self.unobserved, self.penalty)


@dataclass(frozen=True)
class WeightedScores(Scorer):
    """histories: csr [users, items]. users, items: float64 [n, d]. unobserved, penalty: as in `WeightedMF`."""

    histories: csr_matrix
    users: Floats
    items: Floats
    unobserved: float
    penalty: float

    @classmethod
    def solve(cls, histories: csr_matrix, items: Floats, unobserved: float, penalty: float) -> Self:
        """Solve the vector of each history, given the item vectors."""
        return cls(histories, solve_side(histories, items, unobserved, penalty), items, unobserved, penalty)

    def score(self, users: Codes) -> Scores:
        return (self.users[users] @ self.items.T).astype(np.float32)

    def for_histories(self, histories: Histories) -> Self:
        matrix = csr_matrix(histories.matrix, dtype=np.float64)
        return replace(self, histories=matrix, users=solve_side(matrix, self.items, self.unobserved, self.penalty))

    def explain(self, user: int, item: int) -> Reasons:
        """With W the inverse of the user's system, p_u = W sum a_j q_j, so that item j adds a_j q_i W q_j."""
        past, values = row_of(self.histories, user)
        near = self.items[past]
        system = _base(self.items, self.unobserved, self.penalty) + (1 - self.unobserved) * near.T @ near
        return Reasons(past, values * (near @ np.linalg.solve(system, self.items[item])))


def alternate(
    values: csr_matrix, factors: int, unobserved: float, penalty: float, sweeps: int, seed: int
) -> tuple[Floats, Floats]:
    """Factors by alternating least squares. Stored cells are observed; users float64 [n, d], items float64 [m, d]."""
    random = np.random.default_rng(seed)
    items = random.normal(0.0, 0.1, (values.shape[1], factors))
    users, by_item = np.zeros((values.shape[0], factors)), csr_matrix(values.T)
    for _ in range(sweeps):
        users = solve_side(values, items, unobserved, penalty)
        items = solve_side(by_item, users, unobserved, penalty)
    return users, items


def solve_side(values: csr_matrix, others: Floats, unobserved: float, penalty: float) -> Floats:
    """The optimal vector of each row, given those of the columns: float64 [rows, d].

    (w0 V'V + (1 - w0) sum over the observed of v v' + penalty) x = sum over the observed of a v.
    Rows of about the same length are solved together: one by one, calling costs more than the sums.
    """
    base, solved = _base(others, unobserved, penalty), np.zeros((values.shape[0], others.shape[1]))
    lengths = np.diff(values.indptr)
    for longest, rows in _groups_by_length(lengths, others.shape[1]):
        place = np.arange(longest)
        there = place < lengths[rows, None]
        cells = np.where(there, values.indptr[rows, None] + place, 0)
        near = np.where(there[:, :, None], others[values.indices[cells]], 0.0)
        across = near.transpose(0, 2, 1)
        targets = across @ np.where(there, values.data[cells], 0.0)[:, :, None]
        solved[rows] = np.linalg.solve(base + (1 - unobserved) * (across @ near), targets)[:, :, 0]
    return solved


def _groups_by_length(lengths: Codes, width: int) -> Iterator[tuple[int, Codes]]:
    """Non-empty rows in groups of similar length: the longest length of each, and its rows."""
    order = np.argsort(lengths, kind="stable")
    start = int(np.searchsorted(lengths[order], 1))
    while start < len(order):
        first = int(lengths[order[start]])
        # What is padded is at most a quarter, and a group fits into some megabytes.
        stop = int(np.searchsorted(lengths[order], first + first // 4, side="right"))
        longest = int(lengths[order[stop - 1]])
        stop = min(stop, start + max(1, _TOGETHER // (width * max(longest, width))))
        yield int(lengths[order[stop - 1]]), order[start:stop]
        start = stop


def _base(others: Floats, unobserved: float, penalty: float) -> Floats:
    base: Floats = unobserved * others.T @ others + penalty * np.eye(others.shape[1])
    return base

"""Matrix factorisation with biases, by alternating least squares (Koren, Bell and Volinsky, 2009)."""

from dataclasses import dataclass
from itertools import product
from typing import ClassVar

import numpy as np
from scipy.sparse import csr_matrix

from pharos.classics.base import RatingClassic
from pharos.classics.biases import Biases
from pharos.classics.data import Floats, RatingData
from pharos.classics.scoring import Codes


@dataclass(frozen=True)
class MatrixFactorization(RatingClassic):
    """r(u, i) = mean + b_u + b_i + p_u q_i, the minimum of sum (r - r(u, i))^2 + penalties.

    These are penalty (sum |p_u|^2 + sum |q_i|^2) + bias_penalty (sum b_u^2 + sum b_i^2). With one side held, each row
    of the other is a ridge regression in closed form (https://doi.org/10.1109/MC.2009.263).

    factors: length of a vector, beside the bias. penalty: on the vectors. bias_penalty: on the biases.
    sweeps: over users and items. seed: of the first vectors.
    """

    name: ClassVar[str] = "Matrix factorisation"
    summary: ClassVar[str] = "biases and factors, by alternating least squares"

    factors: int = 16
    penalty: float = 12.0
    bias_penalty: float = 5.0
    sweeps: int = 15
    seed: int = 0

    @classmethod
    def grid(cls) -> tuple["MatrixFactorization", ...]:
        return tuple(cls(factors, penalty) for penalty, factors in product((12.0, 8.0, 18.0), (16, 8, 32)))

    def fit(self, data: RatingData) -> "FactorPredictor":
        start = Biases(self.bias_penalty, self.bias_penalty).fit(data)
        random = np.random.default_rng(self.seed)
        by_user = _Side.of(data.users, data.items, data.ratings - start.mean, data.n_users, data.n_items)
        by_item = _Side.of(data.items, data.users, data.ratings - start.mean, data.n_items, data.n_users)
        users = np.zeros((data.n_users, self.factors + 1))
        items = np.column_stack([start.item, random.normal(0.0, 0.1, (data.n_items, self.factors))])
        for _ in range(self.sweeps):
            users = by_user.solve(items, self)
            items = by_item.solve(users, self)
        return FactorPredictor(start.mean, users, items)


@dataclass(frozen=True)
class _Side:
    """The ratings of one side. known: csr [rows, columns] of ones; ratings: the same cells, without the mean."""

    known: csr_matrix
    ratings: csr_matrix

    @classmethod
    def of(cls, rows: Codes, columns: Codes, ratings: Floats, n_rows: int, n_columns: int) -> "_Side":
        cells, shape = (rows, columns), (n_rows, n_columns)
        return cls(csr_matrix((np.ones(len(rows)), cells), shape), csr_matrix((ratings, cells), shape))

    def solve(self, others: Floats, config: MatrixFactorization) -> Floats:
        """Least squares for every row at once: [rows, 1 + factors], bias first, given the factors of the other side.

        A row's normal equations are sums of outer products over its ratings, so one sparse product makes them all.
        """
        rows, width = self.known.shape[0], others.shape[1]
        design = others.copy()
        design[:, 0] = 1.0
        outer = (design[:, :, None] * design[:, None, :]).reshape(len(design), -1)
        grams = (self.known @ outer).reshape(rows, width, width)
        targets = self.ratings @ design - (self.known.multiply(others[:, 0])) @ design
        grams[:, np.arange(width), np.arange(width)] += [config.bias_penalty] + [config.penalty] * config.factors
        solved: Floats = np.linalg.solve(grams, targets[:, :, None])[:, :, 0]
        return solved


@dataclass(frozen=True)
class FactorPredictor:
    """mean: of all ratings. users, items: [n, 1 + factors], a bias and then a vector."""

    mean: float
    users: Floats
    items: Floats

    def predict(self, users: Codes, items: Codes) -> Floats:
        mine, theirs = self.users[users], self.items[items]
        ratings: Floats = self.mean + mine[:, 0] + theirs[:, 0] + np.einsum("nd,nd->n", mine[:, 1:], theirs[:, 1:])
        return ratings

"""Matrix factorisation of the observed ratings by stochastic gradient descent (Funk, 2006; Koren et al., 2009)."""

from dataclasses import dataclass
from itertools import product
from typing import ClassVar

import numpy as np

from pharos.classics.base import Predictor, RatingClassic
from pharos.classics.data import RatingData
from pharos.classics.global_mean import Constant
from pharos.classics.matrix_factorization import FactorPredictor


@dataclass(frozen=True)
class GradientMF(RatingClassic):
    """Minimises (r - mean - b_u - b_i - p_u q_i)^2 + penalty (b_u^2 + b_i^2 + |p_u|^2 + |q_i|^2).

    Ratings come in random order, a small batch at a step.

    factors: length of a vector. penalty: as above. learning_rate: of the first epoch; it decays to a tenth by the
    last. epochs: over all ratings. batch: ratings of a step. seed: of first vectors and order.
    """

    name: ClassVar[str] = "MF by gradient descent"
    summary: ClassVar[str] = "biases and factors of the observed ratings, by gradient descent"

    factors: int = 32
    penalty: float = 0.08
    learning_rate: float = 0.015
    epochs: int = 40
    batch: int = 64
    seed: int = 0

    @classmethod
    def grid(cls) -> tuple["GradientMF", ...]:
        return tuple(cls(factors, penalty) for penalty, factors in product((0.08, 0.05, 0.12), (32, 64, 16)))

    def fit(self, data: RatingData) -> Predictor:
        random, mean = np.random.default_rng(self.seed), float(data.ratings.mean())
        users, items = (
            np.column_stack([np.zeros(rows), random.normal(0.0, 0.1, (rows, self.factors))])
            for rows in (data.n_users, data.n_items)
        )
        if np.ptp(data.ratings) == 0:
            return Constant(mean)
        # Users and items without ratings keep zeros, so that the mean and the other side's bias make the prediction.
        users[np.bincount(data.users, minlength=data.n_users) == 0] = 0.0
        items[np.bincount(data.items, minlength=data.n_items) == 0] = 0.0
        centred = data.ratings - mean
        for rate in np.geomspace(self.learning_rate, self.learning_rate / 10, self.epochs):
            order = random.permutation(len(centred))
            for start in range(0, len(order), self.batch):
                rows = order[start : start + self.batch]
                mine, theirs = users[data.users[rows]], items[data.items[rows]]
                product_ = np.einsum("nd,nd->n", mine[:, 1:], theirs[:, 1:])
                error = (centred[rows] - mine[:, 0] - theirs[:, 0] - product_)[:, None]
                step = np.concatenate([error, error * theirs[:, 1:]], axis=1) - self.penalty * mine
                np.add.at(users, data.users[rows], rate * step)
                step = np.concatenate([error, error * mine[:, 1:]], axis=1) - self.penalty * theirs
                np.add.at(items, data.items[rows], rate * step)
        return FactorPredictor(mean, users, items)

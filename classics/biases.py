"""Baseline predictors: the mean plus a user bias and an item bias (Koren, 2010, section 2.1)."""

from dataclasses import dataclass
from itertools import product
from typing import ClassVar

import numpy as np

from pharos.classics.base import RatingClassic
from pharos.classics.data import Floats, RatingData
from pharos.classics.scoring import Codes


@dataclass(frozen=True)
class Biases(RatingClassic):
    """r(u, i) = mean + b_u + b_i, the minimum of sum (r - mean - b_u - b_i)^2 + a sum b_u^2 + c sum b_i^2.

    user_penalty, item_penalty: a and c, which draw the bias of few ratings to zero. sweeps: alternations of the least
    squares, of which one is b_i = sum (r - mean - b_u) / (ratings of i + c).
    """

    name: ClassVar[str] = "Biases"
    summary: ClassVar[str] = "the mean plus a user bias and an item bias"

    user_penalty: float = 5.0
    item_penalty: float = 5.0
    sweeps: int = 15

    @classmethod
    def grid(cls) -> tuple["Biases", ...]:
        return tuple(cls(*penalties) for penalties in product((5.0, 2.0, 10.0), (5.0, 2.0, 10.0)))

    def fit(self, data: RatingData) -> "BiasPredictor":
        mean = float(data.ratings.mean())
        user_counts = np.bincount(data.users, minlength=data.n_users) + self.user_penalty
        item_counts = np.bincount(data.items, minlength=data.n_items) + self.item_penalty
        user, item = np.zeros(data.n_users), np.zeros(data.n_items)
        for _ in range(self.sweeps):
            rest = data.ratings - mean - user[data.users]
            item = np.bincount(data.items, rest, data.n_items) / item_counts
            rest = data.ratings - mean - item[data.items]
            user = np.bincount(data.users, rest, data.n_users) / user_counts
        return BiasPredictor(mean, user, item)


@dataclass(frozen=True)
class BiasPredictor:
    """mean: of all ratings. user: [users], item: [items], biases; zero for unknown ones."""

    mean: float
    user: Floats
    item: Floats

    def predict(self, users: Codes, items: Codes) -> Floats:
        return self.mean + self.user[users] + self.item[items]

"""Weighted matrix factorisation of ratings: the residuals of the biases, with missing ratings as zeros of weight w0."""

from dataclasses import dataclass
from itertools import product
from typing import ClassVar

import numpy as np
from scipy.sparse import csr_matrix

from pharos.classics.base import RatingClassic
from pharos.classics.biases import Biases
from pharos.classics.data import RatingData
from pharos.classics.matrix_factorization import FactorPredictor
from pharos.classics.weighted_mf import alternate


@dataclass(frozen=True)
class WeightedRatings(RatingClassic):
    """r(u, i) = mean + b_u + b_i + p_u q_i, with p and q those of `WeightedMF` on the ratings less their biases.

    The objective of weighted MF (Hu, Koren and Volinsky, 2008). A zero means "as the biases say", not "a rating of 0",
    towards which the plain matrix would draw all predictions.
    factors, unobserved, penalty, sweeps, seed: see there. bias_penalty: of the biases.
    """

    name: ClassVar[str] = "Weighted MF of ratings"
    summary: ClassVar[str] = "biases, and factors with the unobserved as zeros of little weight"

    factors: int = 16
    unobserved: float = 0.02
    penalty: float = 8.0
    bias_penalty: float = 5.0
    sweeps: int = 15
    seed: int = 0

    @classmethod
    def grid(cls) -> tuple["WeightedRatings", ...]:
        return tuple(cls(*values) for values in product((16, 32), (0.02, 0.005, 0.1), (8.0, 4.0)))

    def fit(self, data: RatingData) -> FactorPredictor:
        biases = Biases(self.bias_penalty, self.bias_penalty).fit(data)
        rest = data.ratings - biases.predict(data.users, data.items)
        matrix = csr_matrix((rest, (data.users, data.items)), shape=(data.n_users, data.n_items))
        users, items = alternate(matrix, self.factors, self.unobserved, self.penalty, self.sweeps, self.seed)
        return FactorPredictor(
            biases.mean, np.column_stack([biases.user, users]), np.column_stack([biases.item, items])
        )

"""Truncated SVD of the ratings, with missing ones filled from the biases."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.sparse import csr_matrix

from pharos.classics.base import RatingClassic
from pharos.classics.biases import Biases
from pharos.classics.data import RatingData
from pharos.classics.matrix_factorization import FactorPredictor
from pharos.classics.truncated_svd import truncated_svd


@dataclass(frozen=True)
class SVDRatings(RatingClassic):
    """r(u, i) = mean + b_u + b_i + (U S V')_ui, with the SVD of the ratings less the biases, zero where there is none.

    Filling the matrix with the biases and taking these away again leaves a sparse one (Sarwar et al., 2000).
    factors: how many are kept. bias_penalty: of the biases.
    """

    name: ClassVar[str] = "Truncated SVD"
    summary: ClassVar[str] = "biases, and a truncated SVD of what they leave"

    factors: int = 16
    bias_penalty: float = 5.0

    @classmethod
    def grid(cls) -> tuple["SVDRatings", ...]:
        return tuple(cls(factors) for factors in (16, 8, 32, 4, 64))

    def fit(self, data: RatingData) -> FactorPredictor:
        biases = Biases(self.bias_penalty, self.bias_penalty).fit(data)
        rest = data.ratings - biases.predict(data.users, data.items)
        matrix = csr_matrix((rest, (data.users, data.items)), shape=(data.n_users, data.n_items))
        left, values, right = truncated_svd(matrix, self.factors)
        users, items = np.column_stack([biases.user, left * values]), np.column_stack([biases.item, right])
        return FactorPredictor(biases.mean, users, items)

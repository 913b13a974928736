"""Truncated SVD: the best approximation of the filled matrix by a few factors (Eckart and Young, 1936)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import svds

from pharos.classics.base import Capabilities, Classic
from pharos.classics.data import Floats, RankingData
from pharos.classics.scorers import Profiles

_DENSE_SIDE = 64
"""Up to this side a matrix is decomposed directly, since Lanczos iteration needs a larger one."""


@dataclass(frozen=True)
class PureSVD(Classic):
    """Truncated SVD of the user-item matrix of ones and zeros: X = U S V'; score(u, i) = (x_u V V')_i.

    Cremonesi, Koren and Turrin, 2010, https://doi.org/10.1145/1864708.1864721. factors: how many are kept.
    """

    name: ClassVar[str] = "PureSVD"
    summary: ClassVar[str] = "factors by truncated SVD, missing cells as zeros"
    can: ClassVar[Capabilities] = Capabilities(unknown_users=True, explanations=True)

    factors: int = 32

    @classmethod
    def grid(cls) -> tuple["PureSVD", ...]:
        return tuple(cls(factors) for factors in (32, 64, 16, 128, 256))

    def fit(self, data: RankingData) -> Profiles:
        _, _, items = truncated_svd(csr_matrix(data.matrix, dtype=np.float64), self.factors)
        return Profiles.of(data.histories, np.ascontiguousarray(items.astype(np.float32)))


def truncated_svd(matrix: csr_matrix, factors: int) -> tuple[Floats, Floats, Floats]:
    """The largest singular values and their vectors: U [n, k], s [k], largest first, V [m, k]; k at most the rank.

    matrix: float64 csr [n, m], of which absent cells are zeros.
    """
    shorter = min(matrix.shape)
    if shorter <= max(_DENSE_SIDE, factors):
        left, values, right = np.linalg.svd(matrix.toarray(), full_matrices=False)
    else:
        # A fixed first vector, so that equal data give equal factors.
        start = np.random.default_rng(0).random(shorter)
        left, values, right = svds(matrix, k=factors, v0=start)
    order = np.argsort(-values)[:factors]
    order = order[values[order] > 1e-9 * max(float(values.max()), 1e-300)]
    return left[:, order], values[order], right[order].T

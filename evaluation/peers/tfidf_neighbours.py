"""TF-IDF neighbours: what is described like the things that the user has."""

from dataclasses import dataclass
from itertools import product
from typing import ClassVar

import numpy as np
from scipy.sparse import csr_matrix

from pharos.evaluation.peers.base import Need, RankingData
from pharos.evaluation.peers.terms import Terms, term_matrix
from pharos.evaluation.scoring import Codes, Scores


@dataclass(frozen=True)
class TfidfNeighbours:
    """terms: running words, whole labels (tags and categories), or both. norm_power: see `term_matrix`."""

    name: ClassVar[str] = "TF-IDF neighbours"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.DOCUMENTS})
    recommends_cold: ClassVar[bool] = True

    terms: Terms = Terms.LABELS
    norm_power: float = 0.0

    @classmethod
    def grid(cls) -> tuple["TfidfNeighbours", ...]:
        return tuple(cls(terms, power) for power, terms in product((0.0, 0.5, 1.0, 0.25, 0.75), Terms))

    def fit(self, data: RankingData) -> "ProfileScores":
        return ProfileScores(data.histories, term_matrix(data.documents, self.terms, self.norm_power))


@dataclass(frozen=True)
class ProfileScores:
    """A user's profile is the sum of the vectors of their items; the score its product with an item's vector.

    histories: csr [users, items]. vectors: csr [items, terms].
    """

    histories: csr_matrix
    vectors: csr_matrix

    def score(self, users: Codes) -> Scores:
        profiles = self.histories[users] @ self.vectors
        scores: Scores = (profiles @ self.vectors.T).toarray().astype(np.float32, copy=False)
        return scores

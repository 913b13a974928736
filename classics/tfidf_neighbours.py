"""TF-IDF neighbours: items whose description is similar to the user's items."""

from dataclasses import dataclass, replace
from itertools import product
from typing import ClassVar, Self

import numpy as np
from scipy.sparse import csr_matrix

from pharos.classics.base import Capabilities, Classic, Reasons, Scorer
from pharos.classics.data import Histories, Need, RankingData
from pharos.classics.scorers import row_of
from pharos.classics.scoring import Codes, Scores
from pharos.classics.terms import Terms, term_matrix


@dataclass(frozen=True)
class TfidfNeighbours(Classic):
    """score(u, i) = t_i times the sum of t_j over the items j of u, t the TF-IDF vectors.

    A profile as of Rocchio (1971), as Lops, de Gemmis and Semeraro tell it of recommenders (2011,
    https://doi.org/10.1007/978-0-387-85820-3_3).

    terms: running words, whole labels (tags and categories), or both. norm_power: see `term_matrix`.
    """

    name: ClassVar[str] = "TF-IDF neighbours"
    summary: ClassVar[str] = "items described like those of the history"
    can: ClassVar[Capabilities] = Capabilities(unknown_users=True, new_items=True, explanations=True)
    needs: ClassVar[frozenset[Need]] = frozenset({Need.DOCUMENTS})

    terms: Terms = Terms.LABELS
    norm_power: float = 0.0

    @classmethod
    def grid(cls) -> tuple["TfidfNeighbours", ...]:
        return tuple(cls(terms, power) for power, terms in product((0.0, 0.5, 1.0, 0.25, 0.75), Terms))

    def fit(self, data: RankingData) -> "ProfileScores":
        return ProfileScores(data.histories, term_matrix(data.documents, self.terms, self.norm_power))


@dataclass(frozen=True)
class ProfileScores(Scorer):
    """A user's profile is the sum of the vectors of their items; the score its product with an item's vector.

    histories: csr [users, items]. vectors: csr [items, terms].
    """

    histories: csr_matrix
    vectors: csr_matrix

    def score(self, users: Codes) -> Scores:
        profiles = self.histories[users] @ self.vectors
        scores: Scores = (profiles @ self.vectors.T).toarray().astype(np.float32, copy=False)
        return scores

    def for_histories(self, histories: Histories) -> Self:
        return replace(self, histories=histories.matrix)

    def explain(self, user: int, item: int) -> Reasons:
        past, counts = row_of(self.histories, user)
        return Reasons(past, counts * (self.vectors[past] @ self.vectors[[item]].T).toarray().ravel())

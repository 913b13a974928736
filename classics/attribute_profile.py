"""Attribute profiles: the tags and categories of a user's items as a binary vector, compared with each item's."""

from dataclasses import dataclass, replace
from itertools import product
from typing import ClassVar, Self

import numpy as np
from scipy.sparse import csr_matrix

from pharos.classics.bag_of_words import Counting, bags
from pharos.classics.base import Capabilities, Classic, Scorer
from pharos.classics.data import Histories, Need, RankingData
from pharos.classics.scoring import Codes, Scores
from pharos.classics.similarity import Measure, similarities


@dataclass(frozen=True)
class AttributeProfile(Classic):
    """score(u, i) = similarity(p_u, a_i), with a_i in {0, 1} over tags and categories and p_u the union over u's items.

    measure: of similarity. often: attributes that fewer items have are left out (Pazzani and Billsus, 2007,
    https://doi.org/10.1007/978-3-540-72079-9_10).
    """

    name: ClassVar[str] = "Attribute profile"
    summary: ClassVar[str] = "items with the attributes of those in the history"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.DOCUMENTS})
    can: ClassVar[Capabilities] = Capabilities(unknown_users=True, new_items=True)

    measure: Measure = Measure.DOT
    often: int = 1

    @classmethod
    def grid(cls) -> tuple["AttributeProfile", ...]:
        return tuple(cls(*values) for values in product((Measure.DOT, Measure.COSINE), (1, 5)))

    def fit(self, data: RankingData) -> "AttributeScores":
        matrix = bags([document.labels for document in data.documents], Counting.BINARY).matrix
        kept = np.asarray(matrix.sum(axis=0)).ravel() >= self.often
        return AttributeScores(data.histories, csr_matrix(matrix[:, kept]), self.measure)


@dataclass(frozen=True)
class AttributeScores(Scorer):
    """histories: csr [users, items]. attributes: csr [items, attributes] of ones."""

    histories: csr_matrix
    attributes: csr_matrix
    measure: Measure

    def score(self, users: Codes) -> Scores:
        profiles = csr_matrix(self.histories[users] @ self.attributes)
        profiles.data[:] = 1.0
        return similarities(profiles, self.attributes, self.measure).astype(np.float32)

    def for_histories(self, histories: Histories) -> Self:
        return replace(self, histories=histories.matrix)

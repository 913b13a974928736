"""Ridge regression per user from an item's TF-IDF vector to whether the user has it."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_matrix

from pharos.classics.base import Capabilities, Classic, Scorer
from pharos.classics.data import Histories, Need, RankingData, Vectors
from pharos.classics.errors import Unfit
from pharos.classics.scoring import Codes, Scores
from pharos.classics.terms import Terms, term_matrix

_LARGEST_SYSTEM = 20_000


@dataclass(frozen=True)
class ContentRidge(Classic):
    """score(u, i) = t_i w_u, with w_u the minimum of sum over the known items of (x_ui - t_i w)^2 + l2 |w|^2.

    t_i: the item's TF-IDF vector; x_ui: 1 for what u has, 0 else. All users are solved at once in the dual form,
    w_u = T' (T T' + l2 I)^-1 x_u, a system of the items and not of the terms (Saunders, Gammerman and Vovk, 1998,
    "Ridge regression learning algorithm in dual variables").

    l2: the weight of the penalty. terms, norm_power: as for TF-IDF neighbours.
    """

    name: ClassVar[str] = "Content ridge"
    summary: ClassVar[str] = "one linear model per user over the words of items"
    can: ClassVar[Capabilities] = Capabilities(unknown_users=True, new_items=True)
    needs: ClassVar[frozenset[Need]] = frozenset({Need.DOCUMENTS})

    l2: float = 3000.0
    terms: Terms = Terms.LABELS
    norm_power: float = 0.0

    @classmethod
    def grid(cls) -> tuple["ContentRidge", ...]:
        labels = [cls(l2) for l2 in (3000.0, 10_000.0, 1000.0, 30_000.0)]
        halved = [cls(l2, norm_power=0.5) for l2 in (100.0, 300.0, 30.0)]
        both = [cls(l2, Terms.BOTH, power) for l2, power in ((10_000.0, 0.0), (30_000.0, 0.0), (10.0, 1.0))]
        return (*labels, *halved, *both)

    def fit(self, data: RankingData) -> "TermWeights":
        """Fit on the items that any user has. Raises Unfit where they are more than 20,000.

        A user's regression uses the user's own history alone, so it is solved for the history to answer for.
        """
        known = np.flatnonzero(np.asarray(data.histories.sum(axis=0)).ravel())
        vectors = term_matrix(data.documents, self.terms, self.norm_power)
        return TermWeights.solve(data.histories, vectors, known, self.l2)


@dataclass(frozen=True)
class TermWeights(Scorer):
    """users: float32 [users, terms], each user's weight of a term. items: csr [items, terms].

    known: int64 [k], the items that the regressions tell apart; l2: of the penalty.
    """

    users: Vectors
    items: csr_matrix
    known: Codes
    l2: float

    @classmethod
    def solve(cls, histories: csr_matrix, vectors: csr_matrix, known: Codes, l2: float) -> "TermWeights":
        """Regress each row of `histories` on the vectors of the known items."""
        if len(known) > _LARGEST_SYSTEM:
            raise Unfit(f"content ridge inverts a matrix of {len(known)} rows; at most {_LARGEST_SYSTEM} fit")
        kernel = (vectors[known] @ vectors[known].T).toarray()
        kernel[np.diag_indices_from(kernel)] += l2
        factor = cho_factor(kernel, overwrite_a=True, check_finite=False)
        duals = cho_solve(factor, histories[:, known].T.toarray(), check_finite=False)
        return cls(np.ascontiguousarray((vectors[known].T @ duals).T), vectors, known, l2)

    def score(self, users: Codes) -> Scores:
        return (self.items @ self.users[users].T).T

    def for_histories(self, histories: Histories) -> "TermWeights":
        known = np.union1d(self.known, histories.matrix.indices).astype(np.int64)
        return self.solve(histories.matrix, self.items, known, self.l2)

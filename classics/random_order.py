"""Random order: the score that chance alone reaches."""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from pharos.classics.base import Capabilities, Classic, Scorer
from pharos.classics.data import Histories, RankingData
from pharos.classics.scoring import Codes, Scores


@dataclass(frozen=True)
class RandomOrder(Classic):
    """score(u, i) = a number drawn from 0 to 1.

    seed: of the order; a user's order depends on the user and the seed alone.
    """

    name: ClassVar[str] = "Random"
    summary: ClassVar[str] = "a random order for each user"
    can: ClassVar[Capabilities] = Capabilities(unknown_users=True, new_items=True)

    seed: int = 0

    @classmethod
    def grid(cls) -> tuple["RandomOrder", ...]:
        return (cls(),)

    def fit(self, data: RankingData) -> "RandomScores":
        return RandomScores(self.seed, data.matrix.shape[1])


@dataclass(frozen=True)
class RandomScores(Scorer):
    """Uniform scores of `items` items."""

    seed: int
    items: int

    def score(self, users: Codes) -> Scores:
        rows = [np.random.default_rng((self.seed, int(user))).random(self.items, np.float32) for user in users]
        return np.stack(rows)

    def for_histories(self, histories: Histories) -> Self:
        return self

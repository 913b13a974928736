"""A random order for each user: what chance alone reaches."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from pharos.evaluation.peers.base import Need, RankingData
from pharos.evaluation.scoring import Codes, Scores


@dataclass(frozen=True)
class RandomOrder:
    """seed: of the order; a user's order depends on the user and the seed alone."""

    name: ClassVar[str] = "Random"
    needs: ClassVar[frozenset[Need]] = frozenset()
    recommends_cold: ClassVar[bool] = True

    seed: int = 0

    @classmethod
    def grid(cls) -> tuple["RandomOrder", ...]:
        return (cls(),)

    def fit(self, data: RankingData) -> "RandomScores":
        return RandomScores(self.seed, data.matrix.shape[1])


@dataclass(frozen=True)
class RandomScores:
    """Uniform scores of `items` items."""

    seed: int
    items: int

    def score(self, users: Codes) -> Scores:
        rows = [np.random.default_rng((self.seed, int(user))).random(self.items, np.float32) for user in users]
        return np.stack(rows)

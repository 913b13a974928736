"""The same list for everyone: items by how many users have them."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from pharos.evaluation.peers.base import Need, RankingData, Vectors
from pharos.evaluation.scoring import Codes, Scores


@dataclass(frozen=True)
class Popularity:
    """Counts the events that may be learnt from; histories play no part, and there is nothing to configure."""

    name: ClassVar[str] = "Popularity"
    needs: ClassVar[frozenset[Need]] = frozenset()
    recommends_cold: ClassVar[bool] = False

    @classmethod
    def grid(cls) -> tuple["Popularity", ...]:
        return (cls(),)

    def fit(self, data: RankingData) -> "PopularityScores":
        return PopularityScores(np.asarray(data.matrix.sum(axis=0), dtype=np.float32).ravel())


@dataclass(frozen=True)
class PopularityScores:
    """counts: float32 [items], users of each item."""

    counts: Vectors

    def score(self, users: Codes) -> Scores:
        return np.tile(self.counts, (len(users), 1))

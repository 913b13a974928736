"""Popularity: items by the number of users who have them, the same list for everyone."""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from pharos.classics.base import Capabilities, Classic, Scorer
from pharos.classics.data import Histories, RankingData, Vectors
from pharos.classics.scoring import Codes, Scores


@dataclass(frozen=True)
class Popularity(Classic):
    """score(u, i) = users who have i, of the events that may be learnt from; there is nothing to configure."""

    name: ClassVar[str] = "Popularity"
    summary: ClassVar[str] = "the most popular items, the same for everybody"
    can: ClassVar[Capabilities] = Capabilities(unknown_users=True)

    @classmethod
    def grid(cls) -> tuple["Popularity", ...]:
        return (cls(),)

    def fit(self, data: RankingData) -> "PopularityScores":
        return PopularityScores(np.asarray(data.matrix.sum(axis=0), dtype=np.float32).ravel())


@dataclass(frozen=True)
class PopularityScores(Scorer):
    """counts: float32 [items], users of each item."""

    counts: Vectors

    def score(self, users: Codes) -> Scores:
        return np.tile(self.counts, (len(users), 1))

    def for_histories(self, histories: Histories) -> Self:
        return self

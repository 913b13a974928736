"""Global mean: the same rating for everything."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from pharos.classics.base import RatingClassic
from pharos.classics.data import Floats, RatingData
from pharos.classics.scoring import Codes


@dataclass(frozen=True)
class GlobalMean(RatingClassic):
    """r(u, i) = the mean of all ratings; there is nothing to configure."""

    name: ClassVar[str] = "Global mean"
    summary: ClassVar[str] = "the mean rating, for everything"

    @classmethod
    def grid(cls) -> tuple["GlobalMean", ...]:
        return (cls(),)

    def fit(self, data: RatingData) -> "Constant":
        return Constant(float(data.ratings.mean()))


@dataclass(frozen=True)
class Constant:
    """The same rating for every pair."""

    rating: float

    def predict(self, users: Codes, items: Codes) -> Floats:
        return np.full(len(users), self.rating)

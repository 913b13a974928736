"""The chart of a catalogue: items by the weighted rating that IMDb published for its top list.

    WR = v / (v + m) * R + m / (v + m) * C

v: votes of an item, R: their mean, C: the mean vote, m: the votes at which an item's own mean weighs as much as C
(https://help.imdb.com/article/imdb/track-movies-tv/ratings-faq/G67Y87TFYYP6TWAV). So an item with few votes stays near
the mean, and one high vote does not bring it to the top.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pharos.classics.catalogue import Catalogue
from pharos.classics.data import Floats
from pharos.classics.errors import CannotAnswer
from pharos.classics.scoring import Codes
from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset
from pharos.ingest.schema import FeatureType

DEFAULT_QUANTILE: Final = 0.90


@dataclass(frozen=True)
class Votes:
    """The votes of n items. counts: float64 [n]; means: float64 [n], undefined where there are no votes."""

    counts: Floats
    means: Floats

    @classmethod
    def of_ratings(cls, dataset: Dataset, interactions: pd.DataFrame | None = None) -> "Votes":
        """Each rating is a vote. interactions: those that count; by default all. CannotAnswer without ratings."""
        if not dataset.schema.has_rating:
            raise CannotAnswer(
                f"{dataset.name} has no ratings; name the columns of items that hold votes and their mean"
            )
        events = dataset.interactions if interactions is None else interactions
        items = Catalogue.of(dataset).item_codes(events[Columns.ITEM])
        counts = np.bincount(items, minlength=len(dataset.items)).astype(np.float64)
        sums = np.bincount(items, events[Columns.RATING].to_numpy(np.float64), len(dataset.items))
        return cls(counts, sums / np.maximum(counts, 1))

    @classmethod
    def of_columns(cls, dataset: Dataset, votes: str, mean: str) -> "Votes":
        """From two numeric columns of the items table; an item that lacks one of them has no votes.

        Raises CannotAnswer, naming those that there are, where one is no number of the items.
        """
        numbers = [feature.name for feature in dataset.schema.items if feature.type is FeatureType.NUMBER]
        for column in (votes, mean):
            if column not in numbers:
                known = ", ".join(numbers) or "none"
                raise CannotAnswer(f"{dataset.name} has no number {column!r} of its items; its numbers are: {known}")
        counts, means = (dataset.items[column].to_numpy(np.float64) for column in (votes, mean))
        if (counts < 0).any():
            raise CannotAnswer(f"{votes} of {dataset.name} is below zero for {(counts < 0).sum():,} items")
        known_both = np.isfinite(counts) & np.isfinite(means)
        return cls(np.where(known_both, counts, 0.0), np.where(known_both, means, 0.0))


@dataclass(frozen=True)
class Chart:
    """Items by weighted rating. items: int64 [n], best first; scores: float64 [n]; m, mean: the parameters."""

    items: Codes
    scores: Floats
    m: float
    mean: float


@dataclass(frozen=True)
class WeightedRating:
    """m: the least number of votes of an item, and the weight of the mean; None for the quantile.

    quantile: of the vote counts of the items that may be listed, 0 to 1. mean: C; None for the mean of the mean votes
    of the items that may be listed and have votes.
    """

    m: float | None = None
    quantile: float = DEFAULT_QUANTILE
    mean: float | None = None

    def chart(self, votes: Votes, allowed: NDArray[np.bool_] | None = None) -> Chart:
        """All items with at least m votes; ties by votes, then by code.

        allowed: bool [items], which items may be listed; m and C are then those of these items, so that the best of a
        small genre is not held to what the whole catalogue has. Raises CannotAnswer for settings out of range.
        """
        if not 0 <= self.quantile <= 1:
            raise CannotAnswer(f"a quantile of {self.quantile}; it must be from 0 to 1")
        if self.m is not None and self.m < 0:
            raise CannotAnswer(f"m is {self.m}; votes are not below 0")
        counts, means = votes.counts, votes.means
        voted = counts > 0 if allowed is None else (counts > 0) & allowed
        if not voted.any():
            return Chart(np.zeros(0, np.int64), np.zeros(0), self.m or 0.0, self.mean or 0.0)
        m = float(np.quantile(counts[voted], self.quantile)) if self.m is None else self.m
        mean = float(means[voted].mean()) if self.mean is None else self.mean
        items = np.flatnonzero(voted & (counts >= m))
        scores = weighted_rating(counts[items], means[items], m, mean)
        order = np.lexsort((items, -counts[items], -scores))
        return Chart(items[order], scores[order], m, mean)


def weighted_rating(votes: Floats, means: Floats, m: float, mean: float) -> Floats:
    """V / (v + m) * R + m / (v + m) * C, float64 [n]; votes above 0."""
    weight = votes / (votes + m)
    return weight * means + (1 - weight) * mean

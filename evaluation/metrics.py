"""Metrics of lists and predictions, per user."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pharos.ingest.columns import Columns

RECALL_5 = "recall@5"
RECALL_10 = "recall@10"
RECALL_50 = "recall@50"
RECALL_100 = "recall@100"
NDCG_5 = "ndcg@5"
NDCG_10 = "ndcg@10"
COVERAGE_10 = "coverage@10"
OVERLAP_10 = "overlap@10"
RMSE = "rmse"
MAE = "mae"

DEPTH = 100
SHOWN = 10
_FEW = 5
_GAINS = 1.0 / np.log2(np.arange(2, SHOWN + 2))
_IDEAL_GAIN = np.cumsum(_GAINS)


@dataclass(frozen=True)
class RankingMetrics:
    """Averages over users with held-out items, with the values per user.

    per_user: indexed by user_id, a column for each of recall@5, recall@10, recall@50, recall@100, ndcg@5 and ndcg@10.
    coverage_10: share of the catalogue in at least one user's first ten.
    overlap_10: share of the first ten that two users have in common, averaged over all pairs of users.
    """

    per_user: pd.DataFrame
    coverage_10: float
    overlap_10: float

    @property
    def users(self) -> int:
        """The count of users in the averages."""
        return len(self.per_user)

    @property
    def recall_10(self) -> float:
        """Hits among the first ten, divided by the most hits possible in ten places."""
        return self._mean(RECALL_10)

    @property
    def recall_50(self) -> float:
        """Hits among the first fifty, divided by all wanted items."""
        return self._mean(RECALL_50)

    @property
    def recall_100(self) -> float:
        """Hits among the first hundred, divided by all wanted items."""
        return self._mean(RECALL_100)

    @property
    def ndcg_10(self) -> float:
        """Discounted cumulative gain of the first ten, divided by that of the ideal list."""
        return self._mean(NDCG_10)

    def _mean(self, column: str) -> float:
        return float(self.per_user[column].mean())

    def as_dict(self) -> dict[str, float]:
        """Every metric by its usual name, such as `ndcg@10`."""
        means = {str(name): float(value) for name, value in self.per_user.mean().items()}
        return means | {COVERAGE_10: self.coverage_10, OVERLAP_10: self.overlap_10}


def ranking_metrics(
    lists: Mapping[str, Sequence[str]], wanted: Mapping[str, Collection[str]], n_items: int
) -> RankingMetrics:
    """Compare ranked lists with the held-out items of each user.

    lists: item ids by user id, best first; what stands below 100 is ignored, a user without a list gets zeros.
    wanted: at least one item id by user id; only these users count.
    n_items: size of the catalogue.
    recall@5 and recall@10 are hits / min(n, 5) and hits / min(n, 10), so that 1 can be reached; where each user wants
    one item, they are what papers call hit rate, HR@5 and HR@10. recall@50 and recall@100 are hits / n. ndcg@5 and
    ndcg@10 have binary gains (Järvelin and Kekäläinen, 2002).
    """
    per_user = pd.DataFrame.from_dict(
        {user: _list_metrics(lists.get(user, ()), set(items)) for user, items in wanted.items()},
        orient="index",
        columns=[RECALL_5, RECALL_10, RECALL_50, RECALL_100, NDCG_5, NDCG_10],
        dtype=float,
    ).rename_axis(Columns.USER)
    shown = [tuple(islice(lists.get(user, ()), SHOWN)) for user in wanted]
    covered = {item for items in shown for item in items}
    return RankingMetrics(per_user, coverage_10=len(covered) / n_items, overlap_10=mean_overlap(shown))


def _list_metrics(items: Sequence[str], wanted: set[str]) -> tuple[float, ...]:
    hits = np.fromiter((item in wanted for item in items[:DEPTH]), dtype=float)
    count = len(wanted)
    recalls = [hits[:places].sum() / min(count, places) for places in (_FEW, SHOWN)]
    return (*recalls, hits[:50].sum() / count, hits.sum() / count, _ndcg(hits, count, _FEW), _ndcg(hits, count, SHOWN))


def _ndcg(hits: NDArray[np.float64], count: int, places: int) -> float:
    shown = hits[:places]
    return float(shown @ _GAINS[: len(shown)]) / float(_IDEAL_GAIN[min(count, places) - 1])


def mean_overlap(lists: Iterable[Collection[str]], size: int = SHOWN) -> float:
    """The share of `size` items that two lists have in common, averaged over all pairs; 0 for fewer than two lists.

    Counted by item (an item in c lists is shared by c(c-1)/2 pairs), so it takes no time quadratic in the lists.
    """
    lists = list(lists)
    if len(lists) < 2:
        return 0.0
    counts = np.fromiter(Counter(item for items in lists for item in items).values(), dtype=float)
    pairs = len(lists) * (len(lists) - 1)
    return float((counts * (counts - 1)).sum() / pairs / size)


@dataclass(frozen=True)
class RatingMetrics:
    """Errors of predicted ratings, in the unit of the ratings.

    per_user: indexed by user_id, with the columns count, squared (sum of squared errors) and absolute.
    """

    per_user: pd.DataFrame

    @property
    def ratings(self) -> int:
        """How many ratings were predicted."""
        return int(self.per_user["count"].sum())

    @property
    def rmse(self) -> float:
        """Root of the mean squared error over all ratings."""
        return float(np.sqrt(self.per_user["squared"].sum() / self.per_user["count"].sum()))

    @property
    def mae(self) -> float:
        """Mean absolute error over all ratings."""
        return float(self.per_user["absolute"].sum() / self.per_user["count"].sum())

    def as_dict(self) -> dict[str, float]:
        """Every metric by its usual name."""
        return {RMSE: self.rmse, MAE: self.mae}


def rating_metrics(
    users: Sequence[str], ratings: NDArray[np.floating], predictions: NDArray[np.floating]
) -> RatingMetrics:
    """Compare predictions with ratings; three parallel arrays, one entry per event."""
    error = np.asarray(predictions, dtype=float) - np.asarray(ratings, dtype=float)
    events = pd.DataFrame({Columns.USER: users, "count": 1, "squared": error**2, "absolute": np.abs(error)})
    return RatingMetrics(events.groupby(Columns.USER, sort=True).sum())

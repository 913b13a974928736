"""Metrics broken down by history length and by item popularity."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pharos.classics.catalogue import Catalogue
from pharos.evaluation.folds import Fold
from pharos.evaluation.metrics import DEPTH, NDCG_10, RankingMetrics
from pharos.ingest.columns import Columns

_LENGTH_BINS = 5
_POPULARITY_BINS = 10


@dataclass(frozen=True)
class Bin:
    """A group of users, or of held-out events. count: its size; figure: the mean over it."""

    label: str
    count: int
    figure: float


def by_history_length(fold: Fold, metrics: RankingMetrics, figure: str = NDCG_10) -> list[Bin]:
    """A metric of the users in five groups of about equal size, by history length."""
    lengths = fold.known.interactions[Columns.USER].value_counts()
    per_user = metrics.per_user[figure]
    known = pd.Series(lengths.reindex(per_user.index).fillna(0).to_numpy(int), index=per_user.index)
    edges = np.unique(np.quantile(known, np.linspace(0, 1, _LENGTH_BINS + 1)).astype(int))
    place = np.clip(np.searchsorted(edges, known, side="right") - 1, 0, max(len(edges) - 2, 0))
    return [
        Bin(_range(known[place == part]), int((place == part).sum()), float(per_user[place == part].mean()))
        for part in np.unique(place)
    ]


def by_popularity(fold: Fold, lists: pd.DataFrame) -> list[Bin]:
    """recall@100 of the held-out events in tenths of the candidates, by the event count of an item.

    The first tenth are the least popular. Items with equally many events stay together, so that on a long tail there
    are fewer and unequal parts. Counted are the events that may be learnt from; new items, which have none, go by the
    held-out ones.
    """
    catalogue = Catalogue.of(fold.known)
    counted = fold.known.interactions if fold.candidates is None else fold.held_out
    counts = np.bincount(catalogue.item_codes(counted[Columns.ITEM]), minlength=len(catalogue.items))
    tenth = _tenths(counts, counts if fold.candidates is None else counts[fold.candidates])
    pair = [Columns.USER, Columns.ITEM]
    top = lists.loc[lists[Columns.RANK] <= DEPTH, pair].assign(hit=1.0)
    events = fold.held_out[pair].merge(top, how="left", on=pair).fillna({"hit": 0.0})
    codes = catalogue.item_codes(events[Columns.ITEM])
    return [
        Bin(_range(counts[codes[where]]), int(where.sum()), float(events["hit"][where].mean()))
        for where in (tenth[codes] == part for part in range(_POPULARITY_BINS))
        if where.any()
    ]


def _tenths(counts: NDArray[np.int64], among: NDArray[np.int64]) -> NDArray[np.int64]:
    """The decile of each count within `among`, 0 to 9; ties take the middle of their ranks."""
    ordered = np.sort(among)
    first, after = (np.searchsorted(ordered, counts, side=side) for side in ("left", "right"))
    tenths: NDArray[np.int64] = (first + after - 1) * _POPULARITY_BINS // (2 * len(ordered))
    return np.clip(tenths, 0, _POPULARITY_BINS - 1)


def _range(values: pd.Series | NDArray[np.int64]) -> str:
    low, high = int(values.min()), int(values.max())
    return str(low) if low == high else f"{low}-{high}"

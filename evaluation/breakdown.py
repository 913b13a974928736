"""Where a method is good and where it is not: figures by history length and by item popularity."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.catalogue import Catalogue
from evaluation.folds import Fold
from evaluation.metrics import DEPTH, NDCG_10, RankingMetrics
from ingest.columns import Columns

_LENGTH_BINS = 5
_POPULARITY_BINS = 10


@dataclass(frozen=True)
class Bin:
    """A part of the users, or of the held-out events. count: how many there are; figure: the mean over them."""

    label: str
    count: int
    figure: float


def by_history_length(fold: Fold, metrics: RankingMetrics) -> list[Bin]:
    """ndcg@10 of the users, in five parts of about equal size, by how many events of theirs are known."""
    lengths = fold.known.interactions[Columns.USER].value_counts()
    per_user = metrics.per_user[NDCG_10]
    known = pd.Series(lengths.reindex(per_user.index).fillna(0).to_numpy(int), index=per_user.index)
    edges = np.unique(np.quantile(known, np.linspace(0, 1, _LENGTH_BINS + 1)).astype(int))
    place = np.clip(np.searchsorted(edges, known, side="right") - 1, 0, max(len(edges) - 2, 0))
    return [
        Bin(_range(known[place == part]), int((place == part).sum()), float(per_user[place == part].mean()))
        for part in np.unique(place)
    ]


def by_popularity(fold: Fold, lists: pd.DataFrame) -> list[Bin]:
    """recall@100 of the held-out events, in tenths of the catalogue by how many events of an item are known.

    The first tenth are the least popular items. Items with equally many events may fall into different tenths.
    """
    catalogue = Catalogue.of(fold.known)
    counts = np.bincount(catalogue.item_codes(fold.known.interactions[Columns.ITEM]), minlength=len(catalogue.items))
    tenth = np.empty(len(counts), int)
    tenth[np.argsort(counts, kind="stable")] = np.arange(len(counts)) * _POPULARITY_BINS // len(counts)
    pair = [Columns.USER, Columns.ITEM]
    top = lists.loc[lists[Columns.RANK] <= DEPTH, pair].assign(hit=1.0)
    events = fold.held_out[pair].merge(top, how="left", on=pair).fillna({"hit": 0.0})
    where = tenth[catalogue.item_codes(events[Columns.ITEM])]
    return [
        Bin(_range(counts[tenth == part]), int((where == part).sum()), float(events["hit"][where == part].mean()))
        for part in range(_POPULARITY_BINS)
        if (where == part).any()
    ]


def _range(values: "pd.Series | np.ndarray") -> str:
    low, high = int(values.min()), int(values.max())
    return str(low) if low == high else f"{low}-{high}"

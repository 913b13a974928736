"""Validation of both towers on held-out events, for early stopping."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp

from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset
from pharos.ingest.sampling import sample_users
from pharos.towers.histories.histories import Histories
from pharos.towers.retrieval.two_towers import TwoTowers

_USERS_AT_ONCE = 512
_MOST_SCORES = 1 << 24
_MOST_PEOPLE = 10_000
"""More would make an epoch longer, but its score hardly surer: its error is a hundredth of the deviation."""
_GAIN = 1 / np.log2(np.arange(2, 12))


@dataclass(frozen=True)
class ValidationScore:
    """Means over users with a held-out event, on the full catalogue without the user's known items."""

    ndcg_10: float
    recall_100: float

    @property
    def combined(self) -> float:
        """One number to select by: ndcg@10 counts most, recall@100 too."""
        return self.ndcg_10 + 0.3 * self.recall_100


class Validation:
    """Held-out events on which towers can be scored repeatedly."""

    def __init__(
        self,
        dataset: Dataset,
        known: pd.DataFrame,
        held_out: pd.DataFrame,
        text: npt.NDArray[np.float32] | None,
        candidates: npt.NDArray[np.bool_] | None = None,
    ) -> None:
        """Prepare the users' queries; of very many held-out users a sample is scored.

        known: events that queries may use; held_out: those to be found; text: the documents' vectors of all items;
        candidates: bool [items], which items may be found, None for all.
        """
        self._items, self._text = dataset.items, text
        self.users = sample_users(held_out[Columns.USER].unique(), _MOST_PEOPLE)
        self._histories = Histories(dataset, known, people=self.users)
        self._known = _matrix(known, self.users, dataset.items)
        self._wanted = _matrix(held_out, self.users, dataset.items)
        self._candidates = candidates

    def score(self, towers: TwoTowers) -> ValidationScore:
        """Score the towers."""
        items = towers.item_vectors(self._items, self._text)
        step = max(1, min(_USERS_AT_ONCE, _MOST_SCORES // len(items)))
        rows = [self._block(towers, items, slice(start, start + step)) for start in range(0, len(self.users), step)]
        ndcg, recall = np.concatenate(rows).mean(axis=0)
        return ValidationScore(float(ndcg), float(recall))

    def _block(self, towers: TwoTowers, items: npt.NDArray[np.float32], block: slice) -> npt.NDArray[np.float64]:
        users = towers.user_vectors(self._histories.queries(self.users[block], items))
        scores = users @ items.T
        scores[self._known[block].nonzero()] = -np.inf
        if self._candidates is not None:
            scores[:, ~self._candidates] = -np.inf
        return per_user(scores, self._wanted[block].toarray())


def per_user(scores: npt.NDArray[np.float32], wanted: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """ndcg@10 and recall@100 of each of n users: float64 [n, 2]; each row needs at least one wanted item."""
    count = min(100, scores.shape[1])
    best = np.argpartition(-scores, count - 1, axis=1)[:, :count]
    ranks = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1, kind="stable")
    hits = np.take_along_axis(wanted, np.take_along_axis(best, ranks, axis=1), axis=1)
    total = wanted.sum(axis=1)
    top = hits[:, :10]
    ideal = np.cumsum(_GAIN)[np.minimum(total, 10) - 1]
    return np.stack([(top * _GAIN[: top.shape[1]]).sum(axis=1) / ideal, hits.sum(axis=1) / total], axis=1)


def list_scores(lists: Sequence[npt.NDArray[np.int64]], wanted: Sequence[npt.NDArray[np.int64]]) -> ValidationScore:
    """The same scores for n users from ordered lists of at most 100 rows, and the wanted rows."""
    figures = np.zeros((len(lists), 2))
    for number, (rows, own) in enumerate(zip(lists, wanted, strict=True)):
        hits = np.isin(rows, own)
        top = hits[:10]
        figures[number] = (
            (top * _GAIN[: len(top)]).sum() / np.cumsum(_GAIN)[min(len(own), 10) - 1],
            hits.sum() / len(own),
        )
    ndcg, recall = figures.mean(axis=0)
    return ValidationScore(float(ndcg), float(recall))


def _matrix(events: pd.DataFrame, users: Sequence[str], items: pd.DataFrame) -> sp.csr_matrix:
    rows = pd.Index(users).get_indexer(pd.Index(events[Columns.USER]))
    columns = pd.Index(items[Columns.ITEM]).get_indexer(pd.Index(events[Columns.ITEM]))
    asked = rows >= 0
    entries = (np.ones(int(asked.sum()), bool), (rows[asked], columns[asked]))
    return sp.csr_matrix(entries, shape=(len(users), len(items)))

"""Measures, when a model is trained, what diversity and a share of new items cost on its data."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from pharos.evaluation.folds import Fold
from pharos.evaluation.judging import wanted_items
from pharos.evaluation.list_cost import ListCost, ListOption, list_cost
from pharos.evaluation.merged import MergedLists
from pharos.evaluation.metrics import SHOWN
from pharos.indexing.diversity import POOL, SIMILARITIES, Scale, mmr, scaled
from pharos.ingest.columns import Columns
from pharos.ingest.sampling import sample_users
from pharos.stages import CANDIDATES, FEWER_EVENTS, SPARE_NEW, inserted, missing
from pharos.towers.histories.queries import UserQuery
from pharos.towers.ranking.features import Retrieved
from pharos.towers.ranking.ranker import Candidates as ToRank
from pharos.towers.ranking.ranker import Ranker, rows_of
from pharos.towers.sources.merging import DEPTH, Floats, Rows
from pharos.towers.sources.retriever import Candidates

DIVERSITIES: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
NEW_SHARES: Final = (0.0, 0.1, 0.2, 0.3, 0.5, 1.0)

_USERS: Final = 500
_NEW: Final = 0.1
# As the pipeline in memory: what a call of the network holds at once is a few tens of thousand candidates.
_AT_ONCE: Final = 64


@dataclass(frozen=True)
class _Pool:
    """Candidates of one user, best first: rows int64 [n], score float32 [n]; ranked: whether by a ranking model."""

    rows: Rows
    score: Floats
    ranked: bool


def list_costs(fold: Fold, lists: MergedLists, ranker: Ranker | None) -> list[ListCost]:
    """The curves of both options, on at most 500 users who have a history and held-out events; empty where none has.

    fold: judges; lists, ranker: of a model that has not learnt from the held-out events. When an item was added is not
    known here, so the tenth of the catalogue with the fewest known events stands for the new ones, as far as these are
    fewer than the setting `new_events` says by default; where there are none the share has no curve. The lists are made
    as the server makes them: from 200 ranked candidates, and with diversity from 500.
    """
    wanted = wanted_items(fold.held_out)
    users = sample_users(set(wanted) & set(fold.known.interactions[Columns.USER].unique()), _USERS)
    if not users:
        return []
    # With more, the threads of the matrix library wait for each other over hundreds of small products.
    with threadpool_limits(1, "blas"):
        return _measured(fold, lists, ranker, users, {user: wanted[user] for user in users})


def _measured(
    fold: Fold, lists: MergedLists, ranker: Ranker | None, users: list[str], wanted: dict[str, set[str]]
) -> list[ListCost]:
    items = fold.known.items[Columns.ITEM].tolist()
    rank = _Rank(lists, users, ranker, rows_of(ranker.spec, items) if ranker else np.zeros(0, np.int64))
    few = _least_known(fold)

    def measured(option: ListOption, value: float, chosen: Sequence[Rows]) -> ListCost:
        return list_cost(option, value, dict(zip(users, chosen, strict=True)), wanted, items, lists.items, few)

    plain = [pool.rows[:SHOWN] for pool in rank(CANDIDATES)]
    deep = rank(POOL)
    costs = [measured(ListOption.DIVERSITY, 0.0, plain)]
    costs += [
        measured(ListOption.DIVERSITY, value, [_diverse(pool, lists.items, value) for pool in deep])
        for value in DIVERSITIES[1:]
    ]
    if few.any():
        new = [found.rows for found in lists.candidates(users, few)]
        costs += [
            measured(
                ListOption.NEW_SHARE, value, [_renewed(*both, few, value) for both in zip(plain, new, strict=True)]
            )
            for value in NEW_SHARES
        ]
    return costs


@dataclass(frozen=True)
class _Rank:
    """Retrieves and ranks for some users. training_rows: int64 [items], of the ranker's catalogue."""

    lists: MergedLists
    users: Sequence[str]
    ranker: Ranker | None
    training_rows: Rows

    def __call__(self, limit: int) -> list[_Pool]:
        found = [one.first(limit) for one in self.lists.candidates(self.users, depth=max(DEPTH, limit))]
        ranker = self.ranker
        if ranker is None:
            return [_Pool(one.rows, one.score, ranked=False) for one in found]
        queries = self.lists.histories.queries(self.users, self.lists.items)
        pools = list[_Pool]()
        for start in range(0, len(found), _AT_ONCE):
            some = found[start : start + _AT_ONCE]
            asked = [self._to_rank(ranker, *pair) for pair in zip(queries[start : start + _AT_ONCE], some, strict=True)]
            for one, score in zip(some, ranker.score_many(asked), strict=True):
                order = np.argsort(-score, kind="stable")
                pools.append(_Pool(one.rows[order], score[order], ranked=True))
        return pools

    def _to_rank(self, ranker: Ranker, query: UserQuery, found: Candidates) -> ToRank:
        rows, vectors = self.training_rows[found.rows], self.lists.items[found.rows]
        return ToRank(ranker.query(query, found.user), rows, vectors, Retrieved(found.score, found.parts))


def _least_known(fold: Fold) -> NDArray[np.bool_]:
    """The items that stand for new ones, bool [items]."""
    counts = fold.known.interactions[Columns.ITEM].value_counts()
    events = fold.known.items[Columns.ITEM].map(counts).fillna(0).to_numpy(np.int64)
    fewest = np.argsort(events, kind="stable")[: max(1, round(_NEW * len(events)))]
    chosen = np.zeros(len(events), bool)
    chosen[fewest] = events[fewest] < FEWER_EVENTS
    return chosen


def _diverse(pool: _Pool, vectors: Floats, diversity: float) -> Rows:
    scale = Scale.of_log_odds(pool.score) if pool.ranked else SIMILARITIES
    return pool.rows[mmr(scaled(pool.score), vectors[pool.rows], SHOWN, diversity, scale)]


def _renewed(listed: Rows, new: Rows, few: NDArray[np.bool_], share: float) -> Rows:
    """The list with its share of new items. new: the user's new items, best first."""
    is_new: Callable[[int], bool] = few.__getitem__
    in_list = listed.tolist()
    wanted = missing(in_list, SHOWN, share, is_new)
    if wanted <= 0:
        return listed
    there = set(in_list)
    others = [row for row in new[: round(share * SHOWN) + SPARE_NEW].tolist() if row not in there]
    return np.array(inserted(in_list, others[:wanted], SHOWN, is_new), np.int64)

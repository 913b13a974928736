"""Queries of many users at once, from a table of interactions."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset
from pharos.ingest.history import order
from pharos.towers.histories.queries import HistoryEvent, UserQuery

_NO_ROWS: Final = np.zeros(0, np.int64)


class Histories:
    """The past events of each user, from which queries are made with any set of item vectors."""

    def __init__(
        self,
        dataset: Dataset,
        interactions: pd.DataFrame,
        *,
        people: Collection[str] | None = None,
        anonymous: bool = False,
    ) -> None:
        """Sort the events.

        interactions: the known events. people: the users who will be asked for, None for all. anonymous: whether
        queries lack the user's id and features.
        """
        if people is not None:
            interactions = interactions[interactions[Columns.USER].isin(list(people))]
        self._row = pd.Index(dataset.items[Columns.ITEM])
        self._anonymous = anonymous
        self._features = {} if anonymous else _features_by_user(dataset)
        events = order(interactions)
        self._events: dict[str, tuple[HistoryEvent, ...]] = {}
        self._rows: dict[str, npt.NDArray[np.int64]] = {}
        for user, group in events.groupby(Columns.USER, sort=False):
            self._events[str(user)] = _events(group)
            self._rows[str(user)] = self._row.get_indexer(group[Columns.ITEM])

    def queries(self, users: Sequence[str], item_vectors: npt.NDArray[np.float32]) -> list[UserQuery]:
        """One query for each user. item_vectors: float32 [items, d], for the rows of the data set's items.

        The query of a user without events has an empty history.
        """
        return [
            UserQuery(
                history=self._events.get(user, ()),
                history_vectors=item_vectors[self.rows(user)],
                user_id=None if self._anonymous else user,
                features=self._features.get(user, {}),
            )
            for user in users
        ]

    def rows(self, user: str) -> npt.NDArray[np.int64]:
        """The rows of the items of a user's events, the oldest first, in the data set's items: int64 [events]."""
        return self._rows.get(user, _NO_ROWS)


def _events(group: pd.DataFrame) -> tuple[HistoryEvent, ...]:
    items = group[Columns.ITEM].tolist()
    unknown = [None] * len(group)
    ratings = group[Columns.RATING].tolist() if Columns.RATING in group else unknown
    stamps = group[Columns.TIMESTAMP].tolist() if Columns.TIMESTAMP in group else unknown
    return tuple(map(HistoryEvent, items, ratings, stamps))


def _features_by_user(dataset: Dataset) -> Mapping[str, Mapping[str, object]]:
    names = [feature.name for feature in dataset.schema.users]
    if not names:
        return {}
    return dict(zip(dataset.users[Columns.USER], dataset.users[names].to_dict("records"), strict=True))

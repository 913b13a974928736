"""A method fitted on a data set: recommendations by ids, for a user of the data or for any history."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from pharos.classics.base import Classic, Method, PredictedScores, RatingClassic, Scorer
from pharos.classics.catalogue import Catalogue
from pharos.classics.data import Histories, Sequences
from pharos.classics.errors import CannotAnswer
from pharos.classics.prepare import EmbedItems, ranking_data, rating_data
from pharos.classics.scoring import Codes, Scores, best_of
from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset
from pharos.ingest.history import order

MAX_HISTORY: Final = 10_000
"""The longest history of a query."""

_REASONS: Final = 3


@dataclass(frozen=True)
class Reason:
    """A history item, and its contribution to a score."""

    item_id: str
    title: str
    share: float


@dataclass(frozen=True)
class Recommended:
    """An item of a list. rank: from 1; because: the history items that contribute most, if that is known."""

    rank: int
    item_id: str
    title: str
    score: float
    because: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Recommender:
    """A method fitted on a data set. seen: csr [users, items]; popularity: float32 [items]."""

    method: Method
    scorer: Scorer
    dataset: Dataset
    catalogue: Catalogue
    seen: csr_matrix = field(repr=False)
    popularity: Scores = field(repr=False)

    @classmethod
    def learn(
        cls, method: Classic | RatingClassic, dataset: Dataset, embed_items: EmbedItems | None = None
    ) -> "Recommender":
        """Fit on every event. Raises DataError for a data set without events, Unfit where it lacks something."""
        dataset.require_interactions()
        ordered = Dataset(
            dataset.name, order(dataset.interactions), dataset.items, dataset.users, dataset.schema, dataset.report
        )
        catalogue = Catalogue.of(dataset)
        scorer: Scorer
        if isinstance(method, Classic):
            scorer = method.fit(ranking_data(method, ordered, ordered, embed_items))
        else:
            scorer = PredictedScores(method.fit(rating_data(ordered)), len(catalogue.items))
        seen = catalogue.matrix(dataset.interactions)
        return cls(method, scorer, dataset, catalogue, seen, np.asarray(seen.sum(axis=0), np.float32).ravel())

    def recommend(
        self,
        *,
        user: str | None = None,
        history: Sequence[str] | None = None,
        k: int = 10,
        allowed: NDArray[np.bool_] | None = None,
    ) -> list[Recommended]:
        """The top k items that the user does not have yet; fewer only where fewer are left.

        user: an id of the data set; history: item ids, oldest first; one of the two. allowed: bool [items], which items
        may be listed. Raises CannotAnswer for an unknown id, and for a history where the method knows users alone.
        """
        if (user is None) == (history is None):
            raise CannotAnswer("give either a user or a history")
        if k < 1:
            raise CannotAnswer(f"k is {k}; it must be at least 1")
        if user is not None:
            scorer, row, seen = self.scorer, self._user(user), self.seen
        else:
            asked = self._histories(history or ())
            scorer, row, seen = self._scorer_for(asked), 0, asked.matrix
        scores = scores_or_popularity(scorer, np.array([row]), self.popularity)[0]
        scores[seen[[row]].indices] = -np.inf
        if allowed is not None:
            scores[~allowed] = -np.inf
        best = best_of(scores, k)
        titles = self.dataset.items[Columns.TITLE]
        return [
            Recommended(
                place + 1,
                self.catalogue.items[item],
                titles.iloc[item],
                float(scores[item]),
                self._because(scorer, row, int(item)),
            )
            for place, item in enumerate(best)
        ]

    def _user(self, user: str) -> int:
        code = int(self.catalogue.users.get_indexer(pd.Index([user]))[0])
        if code < 0:
            raise CannotAnswer(f"{self.dataset.name} has no user {user!r}; for an unknown person give a history")
        return code

    def _histories(self, history: Sequence[str]) -> Histories:
        if len(history) > MAX_HISTORY:
            raise CannotAnswer(f"a history of {len(history):,} items; at most {MAX_HISTORY:,} are read")
        # A repeated item counts at its last position, as in a data set.
        items = list(dict.fromkeys(reversed(history)))[::-1]
        codes = self.catalogue.items.get_indexer(pd.Index(items, dtype="str")).astype(np.int64)
        if (codes < 0).any():
            unknown = ", ".join(repr(item) for item, code in zip(items, codes, strict=True) if code < 0)
            raise CannotAnswer(f"{self.dataset.name} has no items {unknown}")
        nobody = np.zeros(len(codes), np.int64)
        ones = np.ones(len(codes), np.float32)
        matrix = csr_matrix((ones, (nobody, codes)), shape=(1, len(self.catalogue.items)))
        return Histories(matrix, Sequences(nobody, codes))

    def _scorer_for(self, histories: Histories) -> Scorer:
        if not self.method.can.unknown_users:
            raise CannotAnswer(f"{self.method.name} supports only the users of its training data; give a user")
        return self.scorer.for_histories(histories)

    def _because(self, scorer: Scorer, row: int, item: int) -> tuple[Reason, ...]:
        if not self.method.can.explanations:
            return ()
        reasons = scorer.explain(row, item)
        strongest = np.argsort(-reasons.shares, kind="stable")[:_REASONS]
        titles = self.dataset.items[Columns.TITLE]
        return tuple(
            Reason(self.catalogue.items[code], titles.iloc[code], float(reasons.shares[place]))
            for place in strongest
            if reasons.shares[place] > 0
            for code in [int(reasons.items[place])]
        )


def scores_or_popularity(scorer: Scorer, users: Codes, popularity: Scores) -> Scores:
    """The scores of users; popularity for those for whom a method scores all items alike, and so knows nothing.

    popularity: float32 [items].
    """
    scores = np.array(scorer.score(users), np.float32)
    scores[scores.min(axis=1) == scores.max(axis=1)] = popularity
    return scores

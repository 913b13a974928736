"""Merged candidate lists of all sources for the users of a data set."""

from collections.abc import Collection, Sequence
from functools import cached_property

import numpy as np

from pharos.classics.scoring import Scores
from pharos.evaluation.contender import Allowed
from pharos.ingest.dataset import Dataset
from pharos.towers.bundle.bundle import Trained
from pharos.towers.histories.histories import Histories
from pharos.towers.ranking.features import Floats
from pharos.towers.sources.merging import DEPTH
from pharos.towers.sources.retriever import Candidates, Retriever


class MergedLists:
    """Candidate lists for users by id, from their known events."""

    def __init__(
        self, trained: Trained, known: Dataset, text: Floats | None, people: Collection[str] | None = None
    ) -> None:
        """Sort the histories.

        known: the histories, which no list holds again; text: float32 [items, d], the documents' vectors; people: the
        users who will be asked for, None for all.
        """
        self._known, self._people = known, people
        self._retriever = Retriever(trained.towers, trained.sources, known.items, text)
        self.items: Floats = self._retriever.vectors
        self.histories = Histories(known, known.interactions, people=people)

    @cached_property
    def anonymous(self) -> Histories:
        """The same histories of nobody in particular."""
        return Histories(self._known, self._known.interactions, people=self._people, anonymous=True)

    def candidates(
        self,
        users: Sequence[str],
        allowed: Allowed | None = None,
        histories: Histories | None = None,
        depth: int = DEPTH,
    ) -> list[Candidates]:
        """The candidates of each user; histories: to answer with, the users' own where None; depth: of each source."""
        seen = [self.histories.rows(user) for user in users]
        queries = (histories or self.histories).queries(users, self.items)
        return list(self._retriever.candidates(queries, seen, allowed=allowed, depth=depth))

    def score(self, users: Sequence[str], allowed: Allowed | None = None, histories: Histories | None = None) -> Scores:
        """Merged scores of the candidates, float32 [len(users), items]; -inf for all other items."""
        scores = np.full((len(users), len(self.items)), -np.inf, np.float32)
        for row, found in zip(scores, self.candidates(users, allowed, histories), strict=True):
            row[found.rows] = found.score
        return scores

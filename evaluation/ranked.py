"""Retrieval with ranking as a contender: the pipeline before re-ranking."""

from collections.abc import Mapping, Sequence

import numpy as np

from pharos.classics.scoring import Scores
from pharos.evaluation.contender import Allowed, Pool, ScoreUsers
from pharos.evaluation.diversity import CANDIDATES as DIVERSE_FROM
from pharos.evaluation.folds import Fold
from pharos.evaluation.tuning import Tuning
from pharos.evaluation.two_tower import TwoTowerContender
from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset
from pharos.towers.progress import Progress
from pharos.towers.ranking.features import Retrieved
from pharos.towers.ranking.ranker import rows_of
from pharos.towers.settings import RankingSettings


class RankedContender:
    """The ranking model on the candidates of our retrieval; without a model, in the order of retrieval."""

    name = "two-tower + ranker"

    def __init__(self, retrieval: TwoTowerContender) -> None:
        """retrieval: fitted before this one, at every stage."""
        self._retrieval, self._settings = retrieval, RankingSettings()

    def fit_for_validation(self, fold: Fold, *, budget: float, progress: Progress) -> Tuning:
        """Nothing to do: the ranking model was trained with the retrieval."""
        useful = self._retrieval.selection.ranking is not None
        return Tuning(settings={**self._settings.model_dump(), "better than the retrieval": useful}, attempts=())

    def fit_final(self, known: Dataset, fitted: Dataset, *, progress: Progress) -> None:
        """Nothing to do: the tables were counted with the final fit of the retrieval, the model is unchanged."""
        spec = self._retrieval.trained.towers.spec
        self._rows = rows_of(spec, known.items[Columns.ITEM].tolist())

    def score(self, users: Sequence[str], allowed: Allowed | None = None) -> Scores:
        """Scores float32 [len(users), items] of the ranking model for the candidates, -inf for all other items."""
        return self._score(users, allowed, self._settings.candidates)

    def _score(self, users: Sequence[str], allowed: Allowed | None, count: int) -> Scores:
        ranker, lists = self._retrieval.trained.ranker, self._retrieval.lists
        items = lists.items
        if ranker is None:
            return self._retrieval.score(users, allowed)
        queries = lists.histories.queries(users, items)
        scores = np.full((len(users), len(items)), -np.inf, np.float32)
        found = lists.candidates(users, allowed)
        for query, row, candidates in zip(queries, scores, found, strict=True):
            best = candidates.first(count)
            person = ranker.query(query, best.user)
            retrieved = Retrieved(best.score, best.parts)
            row[best.rows] = ranker.score(person, self._rows[best.rows], items[best.rows], retrieved)
        return scores

    def pool(self) -> Pool:
        """The candidates, as many as the service re-ranks."""

        def score(users: Sequence[str], allowed: Allowed | None = None) -> Scores:
            return self._score(users, allowed, DIVERSE_FROM)

        return Pool(self._retrieval.lists.items, score, log_odds=self._retrieval.trained.ranker is not None)

    def variants(self) -> Mapping[str, ScoreUsers]:
        """None."""
        return {}

"""Our whole pipeline as a contender: the retrieval stage's candidates, put in order by the ranker."""

from collections.abc import Mapping, Sequence

import numpy as np

from evaluation.contender import Pool, ScoreUsers
from evaluation.errors import EvaluationError
from evaluation.folds import Fold
from evaluation.scoring import Scores
from evaluation.tuning import Tuning
from evaluation.two_tower import TwoTowerContender
from indexing.diversity import POOL as DIVERSE_FROM
from ingest.columns import Columns
from ingest.dataset import Dataset
from towers.progress import Progress
from towers.ranking.training import as_ranker, fit_ranker
from towers.settings import RankingSettings


class RankedContender:
    """Uses the towers of a retrieval contender that was run before; it fits nothing but the ranking model."""

    name = "two-tower + ranker"

    def __init__(self, retrieval: TwoTowerContender, settings: RankingSettings | None = None) -> None:
        self._retrieval, self._settings = retrieval, settings or RankingSettings()

    def fit_for_validation(self, fold: Fold, *, budget: float, progress: Progress) -> Tuning:
        """Learn the order of the held-out events among the candidates of towers that have not seen them.

        Raises EvaluationError where there is too little to learn from.
        """
        known, towers = fold.known, self._retrieval.selected
        text = self._retrieval.text(known, progress)
        model = fit_ranker(
            known, known.interactions, fold.held_out, towers, self._settings, text=text, progress=progress
        )
        if model is None:
            raise EvaluationError("too few held-out events are among the candidates: there is nothing to rank by")
        self._model = model
        return Tuning(settings=self._settings.model_dump(), attempts=())

    def fit_final(self, known: Dataset, fitted: Dataset, *, progress: Progress) -> None:
        """Count items and pairs in all events that may be learnt from; the ranking model stays what it is."""
        self._ranker = as_ranker(self._model, fitted.interactions, self._retrieval.towers)
        self._ids = known.items[Columns.ITEM].to_numpy(object)
        row = {item: place for place, item in enumerate(self._ids)}
        events = known.interactions.groupby(Columns.USER, sort=False)[Columns.ITEM]
        self._seen = {str(user): [row[item] for item in items] for user, items in events}

    def score(self, users: Sequence[str]) -> Scores:
        """float32 [len(users), items]: the ranker's scores for the candidates, -inf for all other items."""
        return self._score(users, self._settings.candidates)

    def _score(self, users: Sequence[str], candidates: int) -> Scores:
        towers, items = self._retrieval.towers, self._retrieval.items
        queries = self._retrieval.histories.queries(users, items)
        vectors = towers.user_vectors(queries)
        scores: Scores = vectors @ items.T
        count = min(candidates, len(items) - 1)
        for user, query, vector, row in zip(users, queries, vectors, scores, strict=True):
            row[self._seen.get(user, [])] = -np.inf
            best = np.argpartition(-row, count)[:count]
            person = self._ranker.query(query, vector)
            row[:] = -np.inf
            row[best] = self._ranker.score(person, self._ids[best].tolist(), items[best])
        return scores

    def pool(self) -> Pool:
        """As many candidates as the service has to choose from."""
        return Pool(self._retrieval.items, lambda users: self._score(users, DIVERSE_FROM), log_odds=True)

    def variants(self) -> Mapping[str, ScoreUsers]:
        """None."""
        return {}

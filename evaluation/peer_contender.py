"""Peers as contenders: grid search, final fit, and ids in place of codes."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from pharos.classics.base import Classic, Predictor, RatingClassic, Scorer
from pharos.classics.catalogue import Catalogue
from pharos.classics.data import Floats, RankingData
from pharos.classics.prepare import EmbedItems, ranking_data, rating_data
from pharos.classics.recommender import scores_or_popularity
from pharos.classics.scoring import Scores
from pharos.evaluation.contender import Allowed, ScoreUsers
from pharos.evaluation.folds import Fold
from pharos.evaluation.judging import judge_lists, judge_ratings, rate, recommend
from pharos.evaluation.tuning import Tuning, grid_search
from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset
from pharos.towers.progress import Progress


class PeerContender:
    """A ranking peer. embed_items: gives float32 [items, d] by a text model, None without one."""

    def __init__(self, peer: type[Classic], embed_items: EmbedItems | None = None) -> None:
        self.name = peer.name
        self._peer = peer
        self._embed_items = embed_items

    def fit_for_validation(self, fold: Fold, *, budget: float, progress: Progress) -> Tuning:
        """Search the grid for the best ndcg@10. Raises Unfit where the data lack what the method needs."""
        data = ranking_data(self._peer, fold.known, fold.fitted, self._embed_items)
        catalogue = Catalogue.of(fold.known)
        grid = self._peer.grid()
        with progress.task(f"Tuning {self.name}", len(grid)) as task:

            def judge(config: Classic) -> float:
                score = _by_id(config.fit(data), data, catalogue)
                figure = judge_lists(fold, recommend(fold, score)).ndcg_10
                task.advance()
                return figure

            self._chosen, tuning = grid_search(grid, judge, budget=budget, higher_is_better=True)
        return tuning

    def fit_final(self, known: Dataset, fitted: Dataset, *, progress: Progress) -> None:
        """Fit the best configuration."""
        data = ranking_data(self._peer, known, fitted, self._embed_items)
        self._score = _by_id(self._chosen.fit(data), data, Catalogue.of(known))

    def score(self, users: Sequence[str], allowed: Allowed | None = None) -> Scores:
        """Scores of the whole catalogue, float32 [len(users), items]."""
        return self._score(users)

    def variants(self) -> Mapping[str, ScoreUsers]:
        """None: a peer has no variants."""
        return {}

    def pool(self) -> None:
        """None: peers are compared by their plain lists."""


def _by_id(scorer: Scorer, data: RankingData, catalogue: Catalogue) -> ScoreUsers:
    """Scores for user ids; see `scores_or_popularity`."""
    popularity = np.asarray(data.matrix.sum(axis=0), dtype=np.float32).ravel()

    def score(users: Sequence[str], allowed: Allowed | None = None) -> Scores:
        return scores_or_popularity(scorer, catalogue.user_codes(users), popularity)

    return score


class RatingPeerContender:
    """A rating peer."""

    def __init__(self, peer: type[RatingClassic]) -> None:
        self.name = peer.name
        self._peer = peer

    def fit_for_validation(self, fold: Fold, *, budget: float, progress: Progress) -> Tuning:
        """Search the grid for the lowest RMSE."""
        data, catalogue = rating_data(fold.fitted), Catalogue.of(fold.fitted)
        grid = self._peer.grid()
        with progress.task(f"Tuning {self.name}", len(grid)) as task:

            def judge(config: RatingClassic) -> float:
                predictor = config.fit(data)
                figure = judge_ratings(fold, rate(fold, _pairs_by_id(predictor, catalogue))).rmse
                task.advance()
                return figure

            self._chosen, tuning = grid_search(grid, judge, budget=budget, higher_is_better=False)
        return tuning

    def fit_final(self, known: Dataset, fitted: Dataset, *, progress: Progress) -> None:
        """Fit the best configuration; it answers with what it learnt of the users."""
        self._predict = _pairs_by_id(self._chosen.fit(rating_data(fitted)), Catalogue.of(fitted))

    def predict(self, pairs: pd.DataFrame) -> Floats:
        """Predict the ratings of pairs: float64 [len(pairs)]."""
        return self._predict(pairs)


def _pairs_by_id(predictor: Predictor, catalogue: Catalogue) -> Callable[[pd.DataFrame], Floats]:
    return lambda pairs: predictor.predict(
        catalogue.user_codes(pairs[Columns.USER]), catalogue.item_codes(pairs[Columns.ITEM])
    )

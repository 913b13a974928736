"""A peer as a contender: its grid searched, its best configuration fitted, its codes hidden behind ids."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from pharos.evaluation.catalogue import Catalogue
from pharos.evaluation.contender import Allowed, ScoreUsers
from pharos.evaluation.folds import Fold
from pharos.evaluation.judging import judge_lists, judge_ratings, rate, recommend
from pharos.evaluation.peers.base import (
    Document,
    Floats,
    Need,
    Peer,
    PeerUnfit,
    Predictor,
    RankingData,
    RatingData,
    RatingPeer,
    Scorer,
    Sequences,
    Vectors,
)
from pharos.evaluation.peers.documents import documents
from pharos.evaluation.scoring import Scores
from pharos.evaluation.tuning import Tuning, grid_search
from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset
from pharos.towers.progress import Progress

EmbedItems = Callable[[Dataset], Vectors]


class PeerContender:
    """A ranking peer that takes part. embed_items: gives float32 [items, d] by a text model, None without one."""

    def __init__(self, peer: type[Peer], embed_items: EmbedItems | None = None) -> None:
        self.name = peer.name
        self._peer = peer
        self._embed_items = embed_items

    def fit_for_validation(self, fold: Fold, *, budget: float, progress: Progress) -> Tuning:
        """Search the grid for the best ndcg@10. Raises PeerUnfit where the data lack what the peer reads."""
        data = self._data(fold.known, fold.fitted)
        catalogue = Catalogue.of(fold.known)
        grid = self._peer.grid()
        with progress.task(f"Tuning {self.name}", len(grid)) as task:

            def judge(config: Peer) -> float:
                score = _by_id(config.fit(data), data, catalogue)
                figure = judge_lists(fold, recommend(fold, score)).ndcg_10
                task.advance()
                return figure

            self._chosen, tuning = grid_search(grid, judge, budget=budget, higher_is_better=True)
        return tuning

    def fit_final(self, known: Dataset, fitted: Dataset, *, progress: Progress) -> None:
        """Fit the chosen configuration."""
        data = self._data(known, fitted)
        self._score = _by_id(self._chosen.fit(data), data, Catalogue.of(known))

    def score(self, users: Sequence[str], allowed: Allowed | None = None) -> Scores:
        """Scores of the whole catalogue, float32 [len(users), items]."""
        return self._score(users)

    def variants(self) -> Mapping[str, ScoreUsers]:
        """None: a peer is asked in one way."""
        return {}

    def pool(self) -> None:
        """None: peers are compared by their plain lists."""

    def _data(self, known: Dataset, fitted: Dataset) -> RankingData:
        needs, catalogue = self._peer.needs, Catalogue.of(known)
        texts: tuple[Document, ...] = documents(known) if Need.DOCUMENTS in needs else ()
        vectors = self._embed_items(known) if Need.TEXT_VECTORS in needs and self._embed_items else None
        data = RankingData(catalogue.matrix(fitted.interactions), texts, vectors, _sequences(fitted, catalogue))
        if fitted is not known:
            later = catalogue.matrix(known.interactions), _sequences(known, catalogue)
            data = replace(data, asked=later[0], asked_sequences=later[1])
        if lacking := data.lacks(needs):
            raise PeerUnfit(f"{self.name} needs {' and '.join(lacking)}, and {known.name} has none")
        return data


def _sequences(dataset: Dataset, catalogue: Catalogue) -> Sequences | None:
    """The events in their order; None for data without timestamps."""
    if not dataset.schema.has_timestamp:
        return None
    events = dataset.interactions
    return Sequences(catalogue.user_codes(events[Columns.USER]), catalogue.item_codes(events[Columns.ITEM]))


def _by_id(scorer: Scorer, data: RankingData, catalogue: Catalogue) -> ScoreUsers:
    """Scores for user ids. To whom a peer can tell nothing, because all items score alike, it tells what is popular."""
    popularity = np.asarray(data.matrix.sum(axis=0), dtype=np.float32).ravel()

    def score(users: Sequence[str], allowed: Allowed | None = None) -> Scores:
        scores = scorer.score(catalogue.user_codes(users))
        scores[scores.min(axis=1) == scores.max(axis=1)] = popularity
        return scores

    return score


class RatingPeerContender:
    """A rating peer that takes part."""

    def __init__(self, peer: type[RatingPeer]) -> None:
        self.name = peer.name
        self._peer = peer

    def fit_for_validation(self, fold: Fold, *, budget: float, progress: Progress) -> Tuning:
        """Search the grid for the lowest RMSE."""
        data, catalogue = _rating_data(fold.fitted), Catalogue.of(fold.fitted)
        grid = self._peer.grid()
        with progress.task(f"Tuning {self.name}", len(grid)) as task:

            def judge(config: RatingPeer) -> float:
                predictor = config.fit(data)
                figure = judge_ratings(fold, rate(fold, _pairs_by_id(predictor, catalogue))).rmse
                task.advance()
                return figure

            self._chosen, tuning = grid_search(grid, judge, budget=budget, higher_is_better=False)
        return tuning

    def fit_final(self, known: Dataset, fitted: Dataset, *, progress: Progress) -> None:
        """Fit the chosen configuration: a rating peer knows of users what it has learnt."""
        self._predict = _pairs_by_id(self._chosen.fit(_rating_data(fitted)), Catalogue.of(fitted))

    def predict(self, pairs: pd.DataFrame) -> Floats:
        """Ratings of pairs, float64 [len(pairs)]."""
        return self._predict(pairs)


def _pairs_by_id(predictor: Predictor, catalogue: Catalogue) -> Callable[[pd.DataFrame], Floats]:
    return lambda pairs: predictor.predict(
        catalogue.user_codes(pairs[Columns.USER]), catalogue.item_codes(pairs[Columns.ITEM])
    )


def _rating_data(known: Dataset) -> RatingData:
    catalogue, events = Catalogue.of(known), known.interactions
    return RatingData(
        catalogue.user_codes(events[Columns.USER]),
        catalogue.item_codes(events[Columns.ITEM]),
        events[Columns.RATING].to_numpy(np.float64),
        len(catalogue.users),
        len(catalogue.items),
    )

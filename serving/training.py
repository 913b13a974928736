"""Trains a bundle and says what it is worth: what `pharos train` does."""

from dataclasses import asdict, dataclass
from pathlib import Path

from evaluation.catalogue import Catalogue
from evaluation.contender import ScoreUsers
from evaluation.folds import Fold, Protocol, folds
from evaluation.judging import judge_lists, recommend
from evaluation.peers.base import RankingData
from evaluation.peers.popularity import Popularity
from ingest.dataset import Dataset
from ingest.splits import chronological
from towers.bundle.bundle import Bundle
from towers.histories.histories import Histories
from towers.progress import Progress
from towers.retrieval.two_towers import TwoTowers
from towers.settings import TrainingSettings
from towers.training import TextVectors, read_texts, select, train_bundle


@dataclass(frozen=True)
class Figures:
    """Means over the users of the chronological test part, on the full catalogue less what each user has."""

    ndcg_10: float
    recall_100: float


@dataclass(frozen=True)
class Trained:
    """A new bundle, with the figures of its towers and of popularity; None where there is nothing to test on."""

    bundle: Bundle
    towers: Figures | None
    popularity: Figures | None


def train(
    dataset: Dataset, settings: TrainingSettings, *, bundles: Path, text_cache: Path, progress: Progress
) -> Trained:
    """Fit on the earlier events of each user, judge on the latest, then fit on all and save.

    Raises TrainingError, TextModelError.
    """
    split = chronological(dataset.interactions)
    texts = read_texts(dataset, settings, text_cache, progress)
    selection = select(dataset, split.train, split.validation, settings, texts, progress)
    ours = baseline = None
    if len(split.test):
        fold = folds(dataset, Protocol.CHRONOLOGICAL).final
        ours = _judge(fold, _tower_scores(fold, selection.fit.towers, texts))
        baseline = _judge(fold, _popularity_scores(fold))
    evaluation = {"towers": asdict(ours), "popularity": asdict(baseline)} if ours and baseline else {}
    bundle = train_bundle(
        dataset, selection, settings, texts, bundles=bundles, progress=progress, evaluation=evaluation
    )
    return Trained(bundle, ours, baseline)


def _judge(fold: Fold, score: ScoreUsers) -> Figures:
    metrics = judge_lists(fold, recommend(fold, score))
    return Figures(metrics.ndcg_10, metrics.recall_100)


def _tower_scores(fold: Fold, towers: TwoTowers, texts: TextVectors | None) -> ScoreUsers:
    """The towers have learnt from the training part alone, but are asked with all that came before the test."""
    items = towers.item_vectors(fold.known.items, texts.vectors if texts else None)
    histories = Histories(fold.known, fold.known.interactions)
    return lambda users, allowed=None: towers.user_vectors(histories.queries(users, items)) @ items.T


def _popularity_scores(fold: Fold) -> ScoreUsers:
    catalogue = Catalogue.of(fold.known)
    scorer = Popularity().fit(RankingData(catalogue.matrix(fold.known.interactions)))
    return lambda users, allowed=None: scorer.score(catalogue.user_codes(users))

"""Trains a bundle: split, fit on the earlier events, evaluate on the latest, fit on all, save."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from pharos.classics.data import RankingData
from pharos.classics.popularity import Popularity
from pharos.evaluation.catalogue import Catalogue
from pharos.evaluation.contender import ScoreUsers
from pharos.evaluation.folds import Fold, Protocol, folds, judged_by
from pharos.evaluation.judging import judge_lists, recommend
from pharos.evaluation.merged import MergedLists
from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset
from pharos.ingest.splits import chronological
from pharos.list_costs import list_costs
from pharos.towers.bundle.bundle import Bundle
from pharos.towers.progress import Progress
from pharos.towers.retrieval.checkpoints import Checkpoints
from pharos.towers.settings import TrainingSettings
from pharos.towers.training import read_texts, select, selected, train_bundle

_MOST_PEOPLE: Final = 10_000
"""Of so many the error of a mean is a hundredth of the deviation; `pharos evaluate` takes all of them."""


@dataclass(frozen=True)
class Figures:
    """Means over the users of the chronological test part, on the full catalogue without the user's known items.

    Of more than 10,000 users a random sample of so many.
    """

    ndcg_10: float
    recall_100: float


@dataclass(frozen=True)
class Trained:
    """A new bundle, with the metrics of its retrieval and of popularity; None where there are no test events.

    people: how many users the metrics are means over. sampled: whether these are a sample.
    """

    bundle: Bundle
    retrieval: Figures | None
    popularity: Figures | None
    people: int = 0
    sampled: bool = False


def train(
    dataset: Dataset,
    settings: TrainingSettings,
    *,
    bundles: Path,
    text_cache: Path,
    progress: Progress,
    resume: bool = False,
) -> Trained:
    """Fit on the earlier events of each user, evaluate on the latest, then fit on all and save.

    Checkpoints of the towers lie below `bundles` until all is done. resume: whether to go on from those of a training
    of the same data and settings that did not end. Raises TrainingError, TextModelError.
    """
    checkpoints = Checkpoints(bundles, dataset, settings, resume=resume)
    split = chronological(dataset.interactions)
    texts = read_texts(dataset, settings, text_cache, progress)
    selection = select(dataset, split.train, split.validation, settings, texts, progress, checkpoints=checkpoints)
    ours = baseline = None
    people: list[str] = []
    evaluation: dict[str, Any] = {}
    if len(split.test):
        fold = judged_by(folds(dataset, Protocol.CHRONOLOGICAL).final, _MOST_PEOPLE)
        # The sources are fitted on the training part alone, but queried with all events before the test part.
        earlier, people = selected(selection, split.train), fold.held_out[Columns.USER].unique().tolist()
        lists = MergedLists(earlier, fold.known, texts.vectors if texts else None, people)
        ours, baseline = _judge(fold, lists.score), _judge(fold, _popularity(fold))
        evaluation = {"retrieval": asdict(ours), "popularity": asdict(baseline)}
        evaluation["list_costs"] = [cost.model_dump(mode="json") for cost in list_costs(fold, lists, earlier.ranker)]
    bundle = train_bundle(
        dataset, selection, settings, texts, bundles=bundles, progress=progress, evaluation=evaluation,
        checkpoints=checkpoints,
    )  # fmt: skip
    checkpoints.remove()
    return Trained(bundle, ours, baseline, len(people), split.test[Columns.USER].nunique() > len(people))


def _judge(fold: Fold, score: ScoreUsers) -> Figures:
    metrics = judge_lists(fold, recommend(fold, score))
    return Figures(metrics.ndcg_10, metrics.recall_100)


def _popularity(fold: Fold) -> ScoreUsers:
    catalogue = Catalogue.of(fold.known)
    scorer = Popularity().fit(RankingData(catalogue.matrix(fold.known.interactions)))
    return lambda users, allowed=None: scorer.score(catalogue.user_codes(users))

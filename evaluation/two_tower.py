"""Our retrieval as a contender, on the same terms as every peer: all sources merged, and each alone."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from pharos.classics.scoring import Scores
from pharos.evaluation.contender import Allowed, Pool, ScoreUsers
from pharos.evaluation.folds import Fold
from pharos.evaluation.merged import MergedLists
from pharos.evaluation.tuning import Attempt, Tuning
from pharos.ingest.dataset import Dataset
from pharos.towers.bundle.bundle import Trained
from pharos.towers.progress import Progress
from pharos.towers.settings import TrainingSettings
from pharos.towers.training import Selection, TextVectors, finish, read_texts, select, selected


class TwoTowerContender:
    """Towers, neighbours and content, merged: selected on the tuning fold, then fitted on all allowed events."""

    name = "two-tower"

    def __init__(self, settings: TrainingSettings, *, text_cache: Path | None = None) -> None:
        """text_cache: folder of the text model's disk cache."""
        self._settings, self._text_cache = settings, text_cache
        self._texts: TextVectors | None = None

    def fit_for_validation(self, fold: Fold, *, budget: float, progress: Progress) -> Tuning:
        """Fit once with early stopping; `budget` is not needed, since there is no grid search."""
        start = time.perf_counter()
        texts = self._read(fold.known, progress)
        events = fold.fitted.interactions
        self.selection = select(
            fold.known, events, fold.held_out, self._settings, texts, progress, candidates=fold.candidates
        )
        return _tuning(self.selection, self._settings, time.perf_counter() - start)

    def fit_final(self, known: Dataset, fitted: Dataset, *, progress: Progress) -> None:
        """Train on from all known events where these may be used; otherwise keep the selected sources."""
        texts = self._read(known, progress)
        self.trained: Trained = (
            finish(known, known.interactions, self.selection, self._settings, texts, progress)
            if fitted is known
            else selected(self.selection, fitted.interactions)
        )
        self.lists = MergedLists(self.trained, known, texts.vectors if texts else None)

    def score(self, users: Sequence[str], allowed: Allowed | None = None) -> Scores:
        """Merged scores of the candidates, float32 [len(users), items]; -inf for all other items."""
        return self.lists.score(users, allowed)

    def variants(self) -> Mapping[str, ScoreUsers]:
        """Without the user's id and features, and with the towers alone."""
        lists = self.lists

        def history_only(users: Sequence[str], allowed: Allowed | None = None) -> Scores:
            return lists.score(users, allowed, lists.anonymous)

        def towers_alone(users: Sequence[str], allowed: Allowed | None = None) -> Scores:
            return self.trained.towers.user_vectors(lists.histories.queries(users, lists.items)) @ lists.items.T

        return {"history only": history_only, "towers alone": towers_alone}

    def pool(self) -> Pool:
        """The candidates, as many as retrieval returns."""
        return Pool(self.lists.items, self.score, log_odds=False)

    def _read(self, known: Dataset, progress: Progress) -> TextVectors | None:
        # All folds have the same items, so one reading serves them all.
        if self._texts is None:
            self._texts = read_texts(known, self._settings, self._text_cache, progress)
        return self._texts


def _tuning(selection: Selection, settings: TrainingSettings, seconds: float) -> Tuning:
    fitted, sources = selection.fit, selection.sources
    validation = [epoch.validation for epoch in fitted.curve if epoch.validation]
    chosen = {
        **settings.model_dump(),
        "epochs": fitted.best_epoch,
        "neighbours": sources.sources.settings.model_dump(),
        "weights": sources.sources.weights.state(),
        "held out": {name: vars(score) for name, score in sources.alone.items()},
    }
    best = sources.score.ndcg_10 if sources.score else 0.0
    return Tuning(
        settings=chosen,
        attempts=(Attempt(chosen, best, seconds),),
        curves={
            "loss": [epoch.loss for epoch in fitted.curve],
            "ndcg@10": [score.ndcg_10 for score in validation],
            "recall@100": [score.recall_100 for score in validation],
        },
    )

"""Our own retrieval stage as a contender, on the same terms as every peer."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from evaluation.contender import Pool, ScoreUsers
from evaluation.folds import Fold
from evaluation.scoring import Scores
from evaluation.tuning import Attempt, Tuning
from ingest.dataset import Dataset
from towers.histories.histories import Histories
from towers.progress import Progress
from towers.retrieval.fitting import Fit, fit
from towers.retrieval.two_towers import TwoTowers
from towers.settings import TrainingSettings
from towers.training import TextVectors, read_texts


class TwoTowerContender:
    """The two towers: early stopping on the tuning fold, after which they learn on from all known events."""

    name = "two-tower"

    def __init__(self, settings: TrainingSettings, *, text_cache: Path | None = None) -> None:
        """text_cache: folder of the text model's disk cache."""
        self._settings, self._text_cache = settings, text_cache
        self._texts: TextVectors | None = None

    def fit_for_validation(self, fold: Fold, *, budget: float, progress: Progress) -> Tuning:
        """One run with early stopping; `budget` is not needed, since nothing is searched."""
        result = self._fit(fold.known, progress, held_out=fold.held_out, candidates=fold.candidates)
        self._selected = result
        validation = [epoch.validation for epoch in result.curve if epoch.validation]
        chosen = {**self._settings.model_dump(), "epochs": result.best_epoch}
        seconds = sum(epoch.seconds for epoch in result.curve)
        return Tuning(
            settings=chosen,
            attempts=(Attempt(chosen, max(score.ndcg_10 for score in validation), seconds),),
            curves={
                "loss": [epoch.loss for epoch in result.curve],
                "ndcg@10": [score.ndcg_10 for score in validation],
                "recall@100": [score.recall_100 for score in validation],
            },
        )

    def fit_final(self, known: Dataset, fitted: Dataset, *, progress: Progress) -> None:
        """Learn on from all known events, where all may be learnt from; else the towers stay as selected."""
        learns_on = fitted is known
        self.towers = (self._fit(known, progress, earlier=self._selected) if learns_on else self._selected).towers
        self.items = self.towers.item_vectors(known.items, self.text(known, progress))
        self.histories = Histories(known, known.interactions)
        self._anonymous = Histories(known, known.interactions, anonymous=True)

    @property
    def selected(self) -> TwoTowers:
        """The towers of the fit for validation, which have not seen what it holds out."""
        return self._selected.towers

    def score(self, users: Sequence[str]) -> Scores:
        """Scores of the whole catalogue, float32 [len(users), items]: one dot product each."""
        return self._scores(self.histories, users)

    def variants(self) -> Mapping[str, ScoreUsers]:
        """Other ways to ask the same towers: by the history alone, without the user's id and features."""
        return {"history only": lambda users: self._scores(self._anonymous, users)}

    def pool(self) -> Pool:
        """The whole catalogue."""
        return Pool(self.items, self.score, log_odds=False)

    def _scores(self, histories: Histories, users: Sequence[str]) -> Scores:
        return self.towers.user_vectors(histories.queries(users, self.items)) @ self.items.T

    def _fit(self, known: Dataset, progress: Progress, **kind: Any) -> Fit:
        text = self.text(known, progress)
        return fit(known, known.interactions, self._settings, text=text, progress=progress, **kind)

    def text(self, known: Dataset, progress: Progress) -> npt.NDArray[np.float32] | None:
        """The documents' vectors of all items, float32 [items, d]; None for no text model."""
        # All folds have the same items, so one reading serves them all.
        if self._texts is None:
            self._texts = read_texts(known, self._settings, self._text_cache, progress)
        return self._texts.vectors if self._texts else None

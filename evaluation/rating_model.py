"""Our rating model as a contender."""

from pathlib import Path

import numpy as np
import pandas as pd

from pharos.classics.data import Floats
from pharos.evaluation.folds import Fold
from pharos.evaluation.metrics import rating_metrics
from pharos.evaluation.tuning import Attempt, Tuning
from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset
from pharos.towers.errors import TrainingError
from pharos.towers.histories.histories import Histories
from pharos.towers.progress import Progress
from pharos.towers.ranking.ranker import rows_of
from pharos.towers.retrieval.fitting import fit
from pharos.towers.settings import TrainingSettings
from pharos.towers.training import learn_ratings, read_texts


class PredictedRatings:
    """Towers for the item vectors, and the rating model on them; there is no grid search."""

    name = "rating model"

    def __init__(self, settings: TrainingSettings, *, text_cache: Path | None = None, epochs: int = 6) -> None:
        """text_cache: folder of the text model's disk cache; epochs: of the towers."""
        self._settings, self._text_cache = settings.model_copy(update={"max_epochs": epochs}), text_cache

    def fit_for_validation(self, fold: Fold, *, budget: float, progress: Progress) -> Tuning:
        """Fit once, to record the error."""
        self.fit_final(fold.known, fold.fitted, progress=progress)
        predicted = self.predict(fold.held_out)
        rated = fold.held_out[Columns.RATING].to_numpy()
        figure = rating_metrics(fold.held_out[Columns.USER].tolist(), rated, predicted).rmse
        settings = self._settings.model_dump()
        return Tuning(settings=settings, attempts=(Attempt(settings, figure, 0.0),))

    def fit_final(self, known: Dataset, fitted: Dataset, *, progress: Progress) -> None:
        """Fit towers and rating model on `fitted`. Raises TrainingError where too few events are rated."""
        texts = read_texts(known, self._settings, self._text_cache, progress)
        text = texts.vectors if texts else None
        events = fitted.interactions
        towers = fit(known, events, self._settings, text=text, progress=progress).towers
        model = learn_ratings(known, events, towers, texts, progress)
        if model is None:
            raise TrainingError(f"{known.name} has too few different ratings to learn from")
        self._model, self._spec = model, towers.spec
        self._items = towers.item_vectors(known.items, text)
        self._row = pd.Index(known.items[Columns.ITEM])
        self._histories = Histories(known, known.interactions)

    def predict(self, pairs: pd.DataFrame) -> Floats:
        """Predict the ratings of pairs, float64 [len(pairs)], each from its user's rated history."""
        predicted = np.zeros(len(pairs))
        items = pairs[Columns.ITEM].to_numpy(object)
        for user, places in pairs.groupby(Columns.USER, sort=False).indices.items():
            (query,) = self._histories.queries([str(user)], self._items)
            ids = items[places].tolist()
            past = rows_of(self._spec, [event.item_id for event in query.history])
            ratings = np.array(
                [np.nan if event.rating is None else event.rating for event in query.history], np.float64
            )
            vectors = self._items[self._row.get_indexer(pd.Index(ids))]
            predicted[places] = self._model.predict(
                (past, query.history_vectors, ratings), rows_of(self._spec, ids), vectors
            )
        return predicted

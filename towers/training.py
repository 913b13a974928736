"""From a data set to a bundle: what `pharos train` does."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ingest.columns import Columns
from ingest.dataset import Dataset
from ingest.fingerprint import fingerprint
from ingest.splits import Split
from towers.bundle.bundle import Bundle, Trained
from towers.bundle.manifest import Manifest, TextModelRecord
from towers.bundle.saving import new_bundle_id, save
from towers.progress import Progress
from towers.ranking.network import RankingModule
from towers.ranking.ranker import rows_of
from towers.ranking.training import as_ranker, fit_ranker
from towers.ratings.model import RatingModel
from towers.ratings.training import fit_ratings
from towers.retrieval.fitting import Fit, fit
from towers.retrieval.two_towers import TwoTowers
from towers.settings import RankingSettings, RatingSettings, TrainingSettings
from towers.text.documents import documents
from towers.text.model import TextModel

_FEWEST_RATINGS = 100


@dataclass(frozen=True)
class TextVectors:
    """The text model of a run with the vectors of all documents: float32 [items, dimensions]."""

    model: TextModel
    vectors: npt.NDArray[np.float32]


def read_texts(
    dataset: Dataset, settings: TrainingSettings, cache: Path | None, progress: Progress
) -> TextVectors | None:
    """Encode the documents of all items; None where the settings name no text model."""
    if not settings.text_model:
        return None
    model = TextModel(settings.text_model, cache)
    return TextVectors(model, model.embed(documents(dataset.items, dataset.schema.items), progress))


def train_bundle(
    dataset: Dataset,
    selection: Fit,
    ranking: RankingModule | None,
    settings: TrainingSettings,
    texts: TextVectors | None,
    *,
    bundles: Path,
    progress: Progress,
    evaluation: dict[str, Any] | None = None,
) -> Bundle:
    """Let the towers of `selection` learn on from all events, and save the bundle below `bundles`.

    selection: a fit on the earlier part of the events, stopped on the later; ranking: what it taught the ranking model;
    evaluation: figures for the manifest.
    """
    final = fit(
        dataset,
        dataset.interactions,
        settings,
        text=texts.vectors if texts else None,
        progress=progress,
        earlier=selection,
    )
    manifest = Manifest(
        id=new_bundle_id(),
        dataset=dataset.name,
        fingerprint=fingerprint(dataset),
        interactions=len(dataset.interactions),
        users=len(dataset.users),
        items=len(dataset.items),
        dimensions=settings.dimensions,
        text_model=_record(texts.model) if texts else None,
        settings=settings,
        epochs=selection.best_epoch,
        curve=[dataclasses.asdict(epoch) for epoch in selection.curve],
        evaluation=evaluation or {},
    )
    events = dataset.interactions
    ranker = as_ranker(ranking, events, final.towers) if ranking else None
    ratings = learn_ratings(dataset, events, final.towers, texts, progress)
    trained = Trained(final.towers, ranker, ratings)
    return save(bundles, manifest, trained, texts.model if texts else None)


def select(
    dataset: Dataset, split: Split, settings: TrainingSettings, texts: TextVectors | None, progress: Progress
) -> Fit:
    """Fit on the training part of a split, stopped early on its validation part."""
    text = texts.vectors if texts else None
    return fit(dataset, split.train, settings, text=text, progress=progress, held_out=split.validation)


def learn_ranking(
    dataset: Dataset,
    split: Split,
    selection: Fit,
    settings: TrainingSettings,
    texts: TextVectors | None,
    progress: Progress,
) -> RankingModule | None:
    """The ranking model that tells the validation part, which the selected towers have not seen; None for none."""
    if not settings.ranker or split.validation.empty:
        return None
    text = texts.vectors if texts else None
    return fit_ranker(
        dataset, split.train, split.validation, selection.towers, RankingSettings(), text=text, progress=progress
    )


def learn_ratings(
    dataset: Dataset, events: pd.DataFrame, towers: TwoTowers, texts: TextVectors | None, progress: Progress
) -> RatingModel | None:
    """The rating model of rated events; None where there are too few."""
    if Columns.RATING not in events:
        return None
    rated = events[events[Columns.RATING].notna() & events[Columns.ITEM].isin(towers.spec.items.ids)]
    if len(rated) < _FEWEST_RATINGS or rated[Columns.RATING].nunique() < 2:
        return None
    catalogue = dataset.items.set_index(Columns.ITEM, drop=False).loc[towers.spec.items.ids]
    places = pd.Index(dataset.items[Columns.ITEM]).get_indexer(pd.Index(towers.spec.items.ids))
    vectors = towers.item_vectors(catalogue, texts.vectors[places] if texts else None)
    users, _ = pd.factorize(rated[Columns.USER])
    items = rows_of(towers.spec, rated[Columns.ITEM].tolist())
    return fit_ratings(users, items, rated[Columns.RATING].to_numpy(np.float64), vectors, RatingSettings(), progress)


def _record(model: TextModel) -> TextModelRecord:
    return TextModelRecord(name=model.name, weights_sha256=model.weights_hash, dimensions=model.dimensions)

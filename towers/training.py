"""From a data set to a bundle: what `pharos train` does."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ingest.dataset import Dataset
from ingest.fingerprint import fingerprint
from ingest.splits import Split
from towers.bundle import Bundle
from towers.documents import documents
from towers.fitting import Fit, fit
from towers.manifest import Manifest, TextModelRecord
from towers.progress import Progress
from towers.saving import new_bundle_id, save
from towers.settings import TrainingSettings
from towers.text_model import TextModel


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
    settings: TrainingSettings,
    texts: TextVectors | None,
    *,
    bundles: Path,
    progress: Progress,
    evaluation: dict[str, Any] | None = None,
) -> Bundle:
    """Fit on all events for as many epochs as `selection` found best, and save the bundle below `bundles`.

    selection: a fit on the earlier part of the events, stopped on the later; evaluation: figures for the manifest.
    """
    final = fit(
        dataset,
        dataset.interactions,
        settings,
        text=texts.vectors if texts else None,
        progress=progress,
        epochs=selection.best_epoch,
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
    return save(bundles, manifest, final.towers, texts.model if texts else None)


def select(
    dataset: Dataset, split: Split, settings: TrainingSettings, texts: TextVectors | None, progress: Progress
) -> Fit:
    """Fit on the training part of a split, stopped early on its validation part."""
    text = texts.vectors if texts else None
    return fit(dataset, split.train, settings, text=text, progress=progress, held_out=split.validation)


def _record(model: TextModel) -> TextModelRecord:
    return TextModelRecord(name=model.name, weights_sha256=model.weights_hash, dimensions=model.dimensions)

"""Training from data set to bundle: the work of `pharos train`."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset
from pharos.ingest.fingerprint import fingerprint
from pharos.ingest.sampling import sample_users
from pharos.towers.bundle.bundle import Bundle, Trained
from pharos.towers.bundle.manifest import Manifest, TextModelRecord
from pharos.towers.bundle.saving import new_bundle_id, save
from pharos.towers.progress import Progress
from pharos.towers.ranking.network import RankingModule
from pharos.towers.ranking.ranker import rows_of
from pharos.towers.ranking.training import as_ranker, fit_ranker
from pharos.towers.ratings.model import RatingModel
from pharos.towers.ratings.training import fit_ratings
from pharos.towers.retrieval.checkpoints import Checkpoints
from pharos.towers.retrieval.fitting import Fit, fit
from pharos.towers.retrieval.two_towers import TwoTowers
from pharos.towers.settings import RankingSettings, RatingSettings, TrainingSettings
from pharos.towers.sources.fitting import SourcesFit, fit_sources
from pharos.towers.sources.learnt import Sources
from pharos.towers.sources.retriever import Retriever
from pharos.towers.text.documents import documents
from pharos.towers.text.model import TextModel

_FEWEST_RATINGS = 100
_MOST_RATINGS = 2_000_000


@dataclass(frozen=True)
class TextVectors:
    """The text model of a run, and the vectors of all item documents: float32 [items, dimensions]."""

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


@dataclass(frozen=True)
class Selection:
    """Models fitted on the earlier events of a data set and selected on later ones.

    ranking: None where none was wanted, or none is better than the order of the retrieval.
    """

    fit: Fit
    sources: SourcesFit
    ranking: RankingModule | None


def select(
    dataset: Dataset,
    known: pd.DataFrame,
    held_out: pd.DataFrame,
    settings: TrainingSettings,
    texts: TextVectors | None,
    progress: Progress,
    candidates: npt.NDArray[np.bool_] | None = None,
    checkpoints: Checkpoints | None = None,
) -> Selection:
    """Fit towers, sources and ranking model on `known`; held-out events decide when to stop and which to keep.

    candidates: bool [items], the items among which held-out events are to be found, None for all; where there are some,
    no ranking model is learnt. checkpoints: where the towers' state is kept. Raises TrainingError.
    """
    text = texts.vectors if texts else None
    fitted = fit(
        dataset, known, settings, text=text, progress=progress, held_out=held_out, candidates=candidates,
        checkpoint=checkpoints.of("selection") if checkpoints else None,
    )  # fmt: skip
    if fitted.unlearnt:
        progress.say(
            f"The towers learnt nothing: {fitted.unlearnt}. Neighbours, content and popularity answer instead."
        )
    sources = fit_sources(
        dataset, known, fitted.towers, text=text, progress=progress,
        held_out=held_out, candidates=candidates, seed=settings.seed, learnt=not fitted.unlearnt,
    )  # fmt: skip
    if not settings.ranker or fitted.unlearnt or held_out.empty or candidates is not None:
        return Selection(fitted, sources, None)
    retriever = Retriever(fitted.towers, sources.sources, dataset.items, text)
    ranking = fit_ranker(dataset, known, held_out, retriever, RankingSettings(), progress=progress)
    return Selection(fitted, sources, ranking)


def selected(selection: Selection, known: pd.DataFrame) -> Trained:
    """The `Trained` of a selection as it is, fitted on the earlier events alone."""
    ranker = as_ranker(selection.ranking, known, selection.fit.towers) if selection.ranking else None
    return Trained(selection.fit.towers, selection.sources.sources, ranker)


def finish(
    dataset: Dataset,
    events: pd.DataFrame,
    selection: Selection,
    settings: TrainingSettings,
    texts: TextVectors | None,
    progress: Progress,
    checkpoints: Checkpoints | None = None,
) -> Trained:
    """Train the selected towers on from all events, and count the tables of all other models anew."""
    text = texts.vectors if texts else None
    earlier = None if selection.fit.unlearnt else selection.fit
    towers = fit(
        dataset, events, settings, text=text, progress=progress, earlier=earlier,
        checkpoint=checkpoints.of("all-events") if checkpoints else None,
    ).towers  # fmt: skip
    chosen = selection.sources.sources
    sources = Sources.fit(towers.spec, dataset.items, events, chosen.settings, chosen.weights)
    return Trained(towers, sources, as_ranker(selection.ranking, events, towers) if selection.ranking else None)


def complete(
    dataset: Dataset,
    selection: Selection,
    settings: TrainingSettings,
    texts: TextVectors | None,
    *,
    progress: Progress,
    evaluation: dict[str, Any] | None = None,
    checkpoints: Checkpoints | None = None,
) -> tuple[Manifest, Trained]:
    """Finish a selection with all events: the content of a bundle. evaluation: figures for the manifest."""
    events, fitted = dataset.interactions, selection.fit
    trained = finish(dataset, events, selection, settings, texts, progress, checkpoints)
    ratings = learn_ratings(dataset, events, trained.towers, texts, progress)
    manifest = Manifest(
        id=new_bundle_id(),
        dataset=dataset.name,
        fingerprint=fingerprint(dataset),
        interactions=len(events),
        users=len(dataset.users),
        items=len(dataset.items),
        dimensions=settings.dimensions,
        text_model=_record(texts.model) if texts else None,
        settings=settings,
        newest_event=int(events[Columns.TIMESTAMP].max()) if Columns.TIMESTAMP in events and len(events) else None,
        epochs=fitted.best_epoch,
        curve=[dataclasses.asdict(epoch) for epoch in fitted.curve],
        evaluation=evaluation or {},
    )
    return manifest, dataclasses.replace(trained, ratings=ratings)


def train_bundle(
    dataset: Dataset,
    selection: Selection,
    settings: TrainingSettings,
    texts: TextVectors | None,
    *,
    bundles: Path,
    progress: Progress,
    evaluation: dict[str, Any] | None = None,
    checkpoints: Checkpoints | None = None,
) -> Bundle:
    """As `complete`, then save the bundle below `bundles`."""
    manifest, trained = complete(
        dataset, selection, settings, texts, progress=progress, evaluation=evaluation, checkpoints=checkpoints
    )
    return save(bundles, manifest, trained, texts.model if texts else None)


def learn_ratings(
    dataset: Dataset, events: pd.DataFrame, towers: TwoTowers, texts: TextVectors | None, progress: Progress
) -> RatingModel | None:
    """Fit the rating model on rated events, of very many on those of some users; None where there are too few."""
    if Columns.RATING not in events:
        return None
    rated = events[events[Columns.RATING].notna() & events[Columns.ITEM].isin(towers.spec.items.ids)]
    if len(rated) > _MOST_RATINGS:
        # Only what is learnt of the items is kept: some users tell it too, in a part of the memory and time.
        users = rated[Columns.USER].unique()
        most = max(1, len(users) * _MOST_RATINGS // len(rated))
        rated = rated[rated[Columns.USER].isin(sample_users(users, most))]
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

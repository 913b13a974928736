"""Makes models: fitted on a data set, or loaded from a bundle."""

from pathlib import Path
from typing import Any

from pharos import bundles
from pharos.ingest.dataset import Dataset
from pharos.ingest.splits import chronological
from pharos.progress import ProgressOption, chosen_progress
from pharos.recommender import Recommender
from pharos.towers.bundle.bundle import Bundle
from pharos.towers.settings import TrainingSettings


def fit(data: Dataset, *, progress: ProgressOption = None, **settings: Any) -> Recommender:
    """Train towers, neighbours, content and a ranking model on a data set.

    Each user's later events are validation data, for early stopping and the weights of the sources; then the model
    is trained on all events. settings: of `pharos.towers.settings.TrainingSettings`, such as dimensions=32,
    max_epochs=3, ranker=False, text_model="". progress: None shows how far it is, False shows nothing. Raises
    TrainingError, which names what is allowed, and DataError where there is nothing to learn from.
    """
    # TensorFlow comes with these, and takes seconds.
    from pharos.towers.training import complete, read_texts, select

    chosen = TrainingSettings.of(settings)
    shown = chosen_progress(progress)
    data.require_interactions()
    split = chronological(data.interactions)
    texts = read_texts(data, chosen, None, shown)
    selection = select(data, split.train, split.validation, chosen, texts, shown)
    manifest, trained = complete(data, selection, chosen, texts, progress=shown)
    bundle = Bundle(bundles.NOWHERE, manifest, trained, texts.model if texts else None)
    return Recommender(bundle, data, texts.vectors if texts else None)


def open_bundle(bundle: str | Path, data: Dataset | None = None) -> Recommender:
    """Load a model from a bundle's folder, or from the newest bundle in a folder of bundles.

    data: the items to answer with and the events that are known; by default those that were saved with the bundle. They
    may be newer than those of the training. Raises BundleError where there is no bundle, or no data with it.
    """
    place = bundles.find(Path(bundle))
    return Recommender(Bundle.load(place), bundles.saved_data(place) if data is None else data)

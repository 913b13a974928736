"""The shop whose answers are recorded: `python -m tests.serving.recorded_world` writes them anew.

Do so where an answer is meant to change, and say why in the commit. Nothing in it is learnt, since sums in another
order would then grow to other weights on another processor: the towers keep the values that they begin with, the
network of the ranking model gets made-up ones, and the sources weigh what is written here.
"""

import dataclasses
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from benchmarks.recorded_answers import Asked, recorded
from pharos.ingest.dataset import Dataset
from pharos.serving.operations.reindex import reindex
from pharos.serving.parts import open_store
from pharos.serving.service import Service, open_service
from pharos.serving.settings import Settings
from pharos.towers.bundle.bundle import Bundle
from pharos.towers.histories.sequences import Sequences
from pharos.towers.progress import Silent
from pharos.towers.ranking.feature_names import WIDTH
from pharos.towers.ranking.features import RankTables
from pharos.towers.ranking.network import RankingModule, RankingNetwork
from pharos.towers.ranking.ranker import Ranker
from pharos.towers.settings import TrainingSettings
from pharos.towers.sources.merging import MergeWeights, Weights
from pharos.training import train
from tests.serving import shop

FILE: Final = Path(__file__).parent / "fixtures" / "recorded-answers.json"
_ASKED: Final = Asked(users=6, items=6, others=3, longest=60)
_UNLEARNT: Final = TrainingSettings(
    dimensions=16,
    item_hidden=16,
    user_hidden=32,
    max_epochs=1,
    learning_rate=1e-12,
    text_model="",
    ranker=False,
)
_WEIGHTS: Final = MergeWeights(known=Weights(0.3, 0.4, 0.3), new=Weights(0.4, 0.1, 0.5))


def main() -> None:
    """Record."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        prepare(settings)
        found = answers(settings)
    # A line for each answer, so that a change shows which are others.
    lines = (f"{json.dumps(asked)}: {json.dumps(answer)}" for asked, answer in found.items())
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


def prepare(settings: Settings) -> None:
    """Make a bundle of the shop, and fill the store and the index that the settings name."""
    data = _dataset()
    train(data, _UNLEARNT, bundles=settings.bundles_dir, text_cache=settings.texts_dir, progress=Silent())
    with open_store(settings) as store:
        store.import_dataset(data)
    reindex(settings, None, Silent())


def answers(settings: Settings) -> dict[str, Any]:
    """What is answered, by what was asked."""
    with _service(settings) as service:
        return dict(recorded(service, _ASKED))


@contextmanager
def _service(settings: Settings) -> Iterator[Service]:
    with open_service(settings) as service:
        bundle = service.live.current().bundle
        bundle.sources = dataclasses.replace(bundle.sources, weights=_WEIGHTS)
        bundle.ranker = _ranker(bundle)
        yield service


def _ranker(bundle: Bundle) -> Ranker:
    spec, random = bundle.sources.spec, np.random.default_rng(7)
    network = RankingNetwork(np.zeros(WIDTH, np.float32), np.ones(WIDTH, np.float32), hidden=8, dropout=0.0)
    module = RankingModule(network)
    network(np.zeros((1, WIDTH), np.float32))
    for weight in network.trainable_weights:
        weight.assign(random.normal(scale=0.3, size=weight.shape))
    sequences = Sequences.of(_dataset().interactions, pd.Index(spec.items.ids))
    return Ranker(spec, RankTables.of(sequences, len(spec.items), spec.scale), module)


def _dataset() -> Dataset:
    """The shop, with ratings."""
    data = shop.dataset()
    ratings = np.random.default_rng(9).integers(1, 6, size=len(data.interactions)).astype(np.float32)
    schema = dataclasses.replace(data.schema, has_rating=True)
    return dataclasses.replace(data, interactions=data.interactions.assign(rating=ratings), schema=schema)


if __name__ == "__main__":
    main()

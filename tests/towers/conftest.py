"""One small training for all tests of this package."""

from pathlib import Path

import pytest

from pharos.ingest.dataset import Dataset
from pharos.ingest.splits import chronological
from pharos.towers.bundle.bundle import Bundle
from pharos.towers.progress import Silent
from pharos.towers.settings import TrainingSettings
from pharos.towers.training import read_texts, select, train_bundle
from tests.towers.worlds import two_camps

QUICK = TrainingSettings(
    dimensions=16, item_hidden=16, user_hidden=32, history_length=20, max_epochs=8, warmup_steps=10,
    learning_rate=1e-2, text_model="",
)  # fmt: skip


@pytest.fixture(scope="session")
def world() -> Dataset:
    return two_camps()


@pytest.fixture(scope="session")
def bundle(world: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    split = chronological(world.interactions)
    selection = select(world, split.train, split.validation, QUICK, None, Silent())
    return train_bundle(world, selection, QUICK, None, bundles=tmp_path_factory.mktemp("bundles"), progress=Silent())


@pytest.fixture(scope="session")
def text_bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A bundle that reads texts, with the installed text model."""
    world = two_camps()
    settings = QUICK.model_copy(update={"text_model": "all-MiniLM-L6-v2", "max_epochs": 4})
    folder = Path(tmp_path_factory.mktemp("texts"))
    texts = read_texts(world, settings, folder / "cache", Silent())
    split = chronological(world.interactions)
    selection = select(world, split.train, split.validation, settings, texts, Silent())
    return train_bundle(world, selection, settings, texts, bundles=folder, progress=Silent())

"""One fitted model for all tests of this package, and a server with the same bundle."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import pharos
from pharos.serving.app import create_app
from pharos.serving.operations.reindex import reindex
from pharos.serving.parts import open_store
from pharos.serving.settings import Settings
from pharos.towers.progress import Silent
from tests.python_api.registrations import registrations_put_back
from tests.serving import world
from tests.serving.served import served

QUICK = {"dimensions": 16, "item_hidden": 16, "user_hidden": 32, "history_length": 30, "max_epochs": 6}


@pytest.fixture(scope="session")
def model() -> pharos.Recommender:
    """The world of two halves, fitted in memory."""
    return pharos.fit(world.dataset(), progress=False, **QUICK)


@pytest.fixture(scope="session")
def saved(model: pharos.Recommender, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of its bundle, below a data_dir's bundles."""
    return model.save(tmp_path_factory.mktemp("served") / "bundles")


@pytest.fixture(scope="session")
def url(saved: Path) -> Iterator[str]:
    """The address of a server that answers with that bundle."""
    settings = Settings(data_dir=saved.parents[1])
    with open_store(settings) as store:
        store.import_dataset(world.dataset())
    reindex(settings, saved.name, Silent())
    with served(create_app(settings), lifespan="on") as (host, port):
        yield f"http://{host}:{port}"


@pytest.fixture(scope="session")
def client(url: str) -> pharos.Client:
    """A client of it."""
    return pharos.Client(url)


@pytest.fixture(autouse=True)
def registrations() -> Iterator[None]:
    """What a test registers or removes is undone after it."""
    with registrations_put_back():
        yield

"""Real parts for the tests of this package."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url, text
from starlette.testclient import TestClient

from pharos.ingest.file_sums import write_sums
from pharos.serving.app import create_app
from pharos.serving.operations.reindex import reindex
from pharos.serving.parts import open_store
from pharos.serving.settings import Settings
from pharos.serving.store import Store
from pharos.towers.bundle.bundle import SUMS
from pharos.towers.progress import Silent
from pharos.towers.settings import TrainingSettings
from pharos.training import train
from tests.serving import world
from tests.serving.reindexing_world import FIRST, SECOND

QUICK = TrainingSettings(dimensions=16, item_hidden=16, user_hidden=32, history_length=30, max_epochs=6)


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable and no pharos.toml of the person who runs the tests decides anything."""
    import os

    for name in [name for name in os.environ if name.upper().startswith("PHAROS_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def postgresql_store_url(postgresql_url: str) -> Iterator[str]:
    """The address of an empty database of a PostgreSQL server."""
    server = make_url(postgresql_url).set(drivername="postgresql+psycopg")
    name = f"pharos_{uuid4().hex}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield server.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database: a file, and one of a PostgreSQL server."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'pharos.db'}"
        return
    yield request.getfixturevalue("postgresql_store_url")


@pytest.fixture
def any_store(any_store_url: str) -> Iterator[Store]:
    """An empty store, in each kind of database."""
    store = Store(any_store_url, Settings().event_weights)
    yield store
    store.close()


@pytest.fixture
def empty_store(any_store: Store) -> Store:
    """The same; most tests of the store run on each kind of database."""
    return any_store


@pytest.fixture
def store(empty_store: Store) -> Store:
    """A store with the whole world in it."""
    empty_store.import_dataset(world.dataset())
    return empty_store


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a folder with the world trained, imported and indexed, text model included."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("trained"), max_k=60, max_history=50, max_body_bytes=100_000)
    data = world.dataset()
    train(data, QUICK, bundles=settings.bundles_dir, text_cache=settings.texts_dir, progress=Silent())
    with open_store(settings) as store:
        store.import_dataset(data)
    reindex(settings, None, Silent())
    return settings


@pytest.fixture(scope="session")
def trained_too(trained: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of that folder, since only one process or application at a time can have an embedded index open."""
    return shutil.copytree(trained.data_dir, tmp_path_factory.mktemp("copy") / "data")


@pytest.fixture(scope="session")
def client(trained: Settings, trained_too: Path) -> Iterator[TestClient]:
    """A client of an application that serves the world."""
    with TestClient(create_app(trained), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two bundles without a text model whose vectors differ in length: to mix them is an error of the engine."""
    folder = tmp_path_factory.mktemp("bundles")
    for name, dimensions in ((FIRST, 16), (SECOND, 8)):
        settings = QUICK.model_copy(
            update={"text_model": "", "ranker": False, "max_epochs": 4, "dimensions": dimensions}
        )
        made = train(world.dataset(), settings, bundles=folder, text_cache=folder / "texts", progress=Silent()).bundle
        manifest = (made.path / "manifest.json").read_text(encoding="utf-8")
        (made.path / "manifest.json").write_text(manifest.replace(f'"{made.id}"', f'"{name}"'), encoding="utf-8")
        write_sums(made.path, made.path / SUMS)
        made.path.rename(folder / name)
    return folder

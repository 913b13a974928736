"""Real parts for the tests of this package."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.settings import Settings
from serving.store import Store
from tests.serving import world


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable and no pharos.toml of the person who runs the tests decides anything."""
    import os

    for name in [name for name in os.environ if name.upper().startswith("PHAROS_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def empty_store(tmp_path: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{tmp_path / 'pharos.db'}", Settings().event_weights)
    yield store
    store.close()


@pytest.fixture
def store(empty_store: Store) -> Store:
    """A store with the whole world in it."""
    empty_store.import_dataset(world.dataset())
    return empty_store

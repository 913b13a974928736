"""The shop of the documentation, made by the very commands of its page, and the films of the quickstart."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from pharos.ingest.load import load_dataset
from pharos.serving.app import create_app
from pharos.serving.operations.reindex import reindex
from pharos.serving.parts import open_store
from pharos.serving.settings import Settings
from pharos.towers.progress import Silent
from pharos.towers.settings import TrainingSettings
from pharos.training import train
from tests.docs.pages import DOCS, blocks
from tests.docs.running import commands, pharos, pharos_arguments, shell
from tests.serving.served import served

# Fewer epochs and no text model: the commands are the documented ones, the model need not be a good one.
QUICK: Final = {"train": ["--epochs", "2", "--set", "dimensions=16", "--set", "text_model="]}
PEOPLE: Final = 120


class World(NamedTuple):
    """A running server, and the folder where its commands were run."""

    url: str
    folder: Path


@pytest.fixture(scope="session", autouse=True)
def no_settings_from_outside() -> Iterator[None]:
    """No variable of the person who runs the tests decides anything."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.upper().startswith("PHAROS_")]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The shop of own-data.md, after all that the page does before it serves."""
    folder = tmp_path_factory.mktemp("shop")
    for block in blocks(DOCS / "own-data.md", "sh"):
        if "curl" in block.text:
            break
        for line in commands(block):
            arguments = pharos_arguments(line)
            if arguments is None:
                if not line.startswith("export PATH"):
                    shell(line, folder)
            elif arguments[0] != "serve":
                pharos(arguments, folder, QUICK)
    with served(create_app(Settings(data_dir=folder / "var"))) as (host, port):
        yield World(f"http://{host}:{port}", folder)


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The films of the quickstart with some of the people, user 196 among them."""
    folder = tmp_path_factory.mktemp("films")
    settings = Settings(data_dir=folder / "var")
    whole = load_dataset("ml-100k")
    people = {"196", *map(str, range(1, PEOPLE))}
    data = replace(
        whole,
        interactions=whole.interactions[whole.interactions["user_id"].isin(people)].reset_index(drop=True),
        users=whole.users[whole.users["user_id"].isin(people)].reset_index(drop=True),
    )
    quick = TrainingSettings(dimensions=16, max_epochs=1, text_model="", ranker=False)
    train(data, quick, bundles=settings.bundles_dir, text_cache=settings.texts_dir, progress=Silent())
    with open_store(settings) as store:
        store.import_dataset(data)
    reindex(settings, None, Silent())
    with served(create_app(settings)) as (host, port):
        yield World(f"http://{host}:{port}", folder)

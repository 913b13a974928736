"""What is live follows the alias: one collection with the bundle that made its vectors."""

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pharos.indexing.build import build
from pharos.indexing.embedded import QdrantEmbedded
from pharos.indexing.errors import IndexUnavailable
from pharos.serving.errors import NotReady
from pharos.serving.index_sync.live_index import LiveIndex
from pharos.towers.bundle.bundle import Bundle
from pharos.towers.progress import Silent
from pharos.training import train
from tests.serving import world
from tests.serving.conftest import QUICK


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two bundles, "first" and "second", of the same towers without a text model."""
    folder = tmp_path_factory.mktemp("bundles")
    settings = QUICK.model_copy(update={"text_model": "", "max_epochs": 4})
    trained = train(world.dataset(), settings, bundles=folder, text_cache=folder / "texts", progress=Silent()).bundle
    manifest = json.loads((trained.path / "manifest.json").read_text())
    for name in ("first", "second"):
        shutil.copytree(trained.path, folder / name)
        (folder / name / "sums.json").unlink()  # since the manifest changes
        (folder / name / "manifest.json").write_text(json.dumps({**manifest, "id": name}))
    return folder


@pytest.fixture
def index(tmp_path: Path) -> Iterator[QdrantEmbedded]:
    index = QdrantEmbedded(tmp_path / "index")
    yield index
    index.close()


def make_live(index: QdrantEmbedded, bundles: Path, name: str) -> str:
    """A new collection of a bundle's vectors, which the alias points to."""
    return build(index, Bundle.load(bundles / name), world.items()).collection


def eventually(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_nothing_is_live_before_a_collection_is_built(index: QdrantEmbedded, bundles: Path) -> None:
    with pytest.raises(NotReady, match=r"no collection is live under 'items'.*pharos index"):
        LiveIndex(index, bundles, "items", 0).current()


def test_what_becomes_live_is_seen_without_a_new_start(index: QdrantEmbedded, bundles: Path) -> None:
    live = LiveIndex(index, bundles, "items", 0)
    with pytest.raises(NotReady):
        live.current()
    collection = make_live(index, bundles, "first")
    generation = live.current()
    assert (generation.collection, generation.bundle.id) == (collection, "first")


def test_a_new_collection_of_the_same_bundle_is_live_at_once_and_loads_nothing(
    index: QdrantEmbedded, bundles: Path
) -> None:
    make_live(index, bundles, "first")
    live = LiveIndex(index, bundles, "items", 0)
    before = live.current()
    collection = make_live(index, bundles, "first")
    assert live.current().collection == collection
    assert live.current().bundle is before.bundle


def test_the_old_generation_answers_until_the_bundle_of_the_new_one_is_loaded(
    index: QdrantEmbedded, bundles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = make_live(index, bundles, "first")
    live = LiveIndex(index, bundles, "items", 0)
    live.current()
    new = make_live(index, bundles, "second")
    may_load, load = threading.Event(), Bundle.load

    def load_when_allowed(path: Path) -> Bundle:
        assert may_load.wait(30)
        return load(path)

    monkeypatch.setattr(Bundle, "load", load_when_allowed)
    for _ in range(3):  # nobody waits for the bundle
        generation = live.current()
        assert (generation.collection, generation.bundle.id) == (old, "first")
    may_load.set()
    eventually(lambda: live.current().collection == new)
    assert live.current().bundle.id == "second"


def test_a_bundle_that_is_not_here_is_named_and_seen_as_soon_as_it_is(
    index: QdrantEmbedded, bundles: Path, tmp_path: Path
) -> None:
    here = tmp_path / "bundles"
    shutil.copytree(bundles / "first", here / "first")
    make_live(index, bundles, "first")
    live = LiveIndex(index, here, "items", 0)
    live.current()
    make_live(index, bundles, "second")

    def failure() -> str:
        try:
            return live.current().bundle.id
        except NotReady as error:
            return str(error)

    eventually(lambda: "needs the bundle 'second', which is not here" in failure())
    # Renamed into its place, as training does it: a half copy would be loaded, and found damaged.
    shutil.copytree(bundles / "second", tmp_path / "second").rename(here / "second")
    eventually(lambda: failure() == "second")


def test_the_alias_is_looked_up_again_only_after_some_time(index: QdrantEmbedded, bundles: Path) -> None:
    old = make_live(index, bundles, "first")
    live = LiveIndex(index, bundles, "items", 3600)
    live.current()
    make_live(index, bundles, "first")
    assert live.current().collection == old


def test_an_index_that_is_away_is_a_failure_of_its_own(index: QdrantEmbedded, bundles: Path) -> None:
    make_live(index, bundles, "first")
    index.close()
    with pytest.raises(IndexUnavailable, match="closed"):
        LiveIndex(index, bundles, "items", 0).current()

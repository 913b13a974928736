"""A folder of version 0.1 in this version, and folders of newer versions.

fixtures/version-0.1.tar.xz is the data_dir that version 0.1 made of 60 made-up items, 40 people and 480 events: a store
from before the migrations, a bundle of format 1, and an embedded index without sparse vectors and checksums.
"""

import json
import logging
import tarfile
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pharos.indexing.embedded import QdrantEmbedded
from pharos.indexing.errors import CollectionDamaged
from pharos.serving.app import create_app
from pharos.serving.operations.reindex import reindex
from pharos.serving.parts import open_index, open_store
from pharos.serving.settings import Settings
from pharos.serving.store import NewItem, UserEvent
from pharos.towers.bundle.bundle import bundle_ids, read_manifest
from pharos.towers.bundle.manifest import FORMAT
from pharos.towers.errors import BundleError
from pharos.towers.progress import Silent
from pharos.towers.settings import TrainingSettings
from pharos.training import train

ARCHIVE = Path(__file__).parent / "fixtures" / "version-0.1.tar.xz"
LIST = "/v1/users/u1/recommendations"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Those of a copy of what version 0.1 made."""
    with tarfile.open(ARCHIVE) as archive:
        # Python 3.11 has the filter from 3.11.4 on only.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(tmp_path / "var")
    return Settings(data_dir=tmp_path / "var", refresh_seconds=0.05)


def test_a_store_of_version_0_1_opens_with_all_that_it_held_and_takes_more(settings: Settings) -> None:
    with open_store(settings) as store:
        counts = store.counts()
        assert (counts.items, counts.users, counts.events) == (60, 40, 480)
        assert store.miscounted() == []
        record = store.items(["i7"])["i7"]
        assert (record.title, record.features) == ("Item 7", {"year": 1957, "genres": ["war"]})
        assert len(store.history("u1", 100)) == 12
        store.put_items([NewItem("new", "New", {"year": 2000})])
        store.add_events([UserEvent("u1", "new", "view", None, 5_000_000)])
        assert store.counts().events == 481


def test_a_bundle_of_version_0_1_is_refused_with_the_reason_and_the_way_out(settings: Settings) -> None:
    (bundle,) = bundle_ids(settings.bundles_dir)
    with pytest.raises(BundleError, match=r"format 1, made by an older Pharos.*`pharos train --from-store`, then"):
        read_manifest(settings.bundles_dir / bundle)


def test_a_bundle_of_a_newer_version_is_refused_with_the_reason_and_the_way_out(settings: Settings) -> None:
    (bundle,) = bundle_ids(settings.bundles_dir)
    file = settings.bundles_dir / bundle / "manifest.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "format": FORMAT + 1}))
    with pytest.raises(BundleError, match=rf"format {FORMAT + 1}, made by a newer Pharos.*Use the newer one, or"):
        read_manifest(settings.bundles_dir / bundle)


def test_an_index_of_version_0_1_opens_as_it_is(settings: Settings) -> None:
    with open_index(settings) as index:
        (collection,) = index.collections()
        assert index.resolve("items") == collection.name
        assert index.count("items") == 60
        assert index.fetch("items", ["i7"], with_vectors=())["i7"].payload["title"] == "Item 7"


def test_a_collection_of_a_newer_version_is_set_aside_with_the_reason(settings: Settings) -> None:
    (file,) = settings.index_dir.glob("collections/*/collection.json")
    file.write_text(json.dumps({**json.loads(file.read_text()), "format": 3}))
    index = QdrantEmbedded(settings.index_dir)
    try:
        with pytest.raises(CollectionDamaged, match="a newer Pharos has made it: it has format 3"):
            index.count("items")
    finally:
        index.close()
    assert (settings.index_dir / "damaged" / file.parent.name / "shard").is_dir()


def test_a_server_on_a_folder_of_version_0_1_answers_from_the_store_and_says_why(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), TestClient(create_app(settings)) as client:
        answer = client.get(LIST).json()
        assert answer["items"] and answer["degraded"]
        assert "format 1, made by an older Pharos" in answer["degraded_reason"]
        assert client.get("/readyz").status_code == 503


@pytest.mark.slow
def test_training_from_a_store_of_version_0_1_makes_everything_whole(settings: Settings) -> None:
    with open_store(settings) as store:
        dataset = store.dataset()
    quick = TrainingSettings(dimensions=8, max_epochs=2, text_model="", ranker=False)
    made = train(
        dataset, quick, bundles=settings.bundles_dir, text_cache=settings.texts_dir, progress=Silent()
    ).bundle.id
    reindex(settings, made, Silent())
    with TestClient(create_app(settings)) as client:
        answer = client.get(LIST).json()
        assert (answer["degraded"], answer["bundle"]) == (False, made)
        assert answer["items"]

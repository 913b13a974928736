"""Files of the index and of bundles are damaged while the server is down: it says so, and mends itself."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pharos.serving.app import create_app
from pharos.serving.operations.reindex import reindex
from pharos.serving.service import Service, open_service
from pharos.serving.settings import Settings
from pharos.towers.progress import Silent
from tests.serving.reindexing_world import FIRST, SECOND, eventually, prepared
from tests.serving.writing_world import disagreements

LIST = "/v1/users/w3/recommendations"


@pytest.fixture
def settings(bundles: Path, tmp_path: Path) -> Iterator[Settings]:
    """A folder with both bundles, of which the first was live and the second is."""
    with prepared(bundles, tmp_path, "") as made:
        for bundle in (FIRST, SECOND):
            reindex(made, bundle, Silent())
        yield made


def live_collection(settings: Settings) -> Path:
    with open_service(settings) as service:
        return settings.index_dir / "collections" / service.live.current().collection


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


@pytest.mark.parametrize(
    ("pattern", "damage"),
    [("shard/**/vectors/chunk_0.mmap", flip), ("collection.json", cut), ("shard/**/status.dat", Path.unlink)],
)
def test_a_damaged_collection_is_told_rebuilt_by_itself_and_meanwhile_popular_items_answer(
    settings: Settings, pattern: str, damage: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    collection = live_collection(settings)
    damage(next(collection.glob(pattern)))
    with caplog.at_level(logging.WARNING), TestClient(create_app(settings)) as client:
        first = client.get(LIST).json()
        assert first["items"]
        assert first["degraded"] is (first["collection"] is None)
        eventually(lambda: client.get(LIST).json()["degraded"] is False)
        answer = client.get(LIST).json()
        service: Service = client.app.state.service  # type: ignore[attr-defined]
        assert (answer["bundle"], disagreements(service)) == (SECOND, [])
        assert client.get("/readyz").status_code == 200
        assert answer["collection"] != collection.name
    told = [record.getMessage() for record in caplog.records if "is damaged" in record.getMessage()]
    assert any(collection.name in line and "set aside" in line and "\n" not in line for line in told)


@pytest.mark.parametrize("damage", [flip, cut, Path.unlink])
def test_with_a_damaged_bundle_the_collection_before_is_live_again(
    settings: Settings, damage: Callable[[Path], None]
) -> None:
    damage(settings.bundles_dir / SECOND / "inputs.json")
    with TestClient(create_app(settings)) as client:
        eventually(lambda: client.get(LIST).json()["degraded"] is False)
        assert client.get(LIST).json()["bundle"] == FIRST
        service: Service = client.app.state.service  # type: ignore[attr-defined]
        assert disagreements(service) == []


def test_where_both_collections_have_the_damaged_bundle_a_whole_one_is_indexed(settings: Settings) -> None:
    reindex(settings, SECOND, Silent())
    flip(settings.bundles_dir / SECOND / "inputs.json")
    with TestClient(create_app(settings)) as client:
        eventually(lambda: client.get(LIST).json()["degraded"] is False)
        assert client.get(LIST).json()["bundle"] == FIRST


def test_where_nothing_is_whole_popular_items_go_on_answering_and_the_reason_is_given(settings: Settings) -> None:
    for bundle in (FIRST, SECOND):
        flip(settings.bundles_dir / bundle / "inputs.json")
    with TestClient(create_app(settings)) as client:
        answer = client.get(LIST).json()
        assert (answer["degraded"], bool(answer["items"])) == (True, True)
        assert "inputs.json is changed" in answer["degraded_reason"]

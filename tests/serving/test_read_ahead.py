"""What is read of a collection before requests need it."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pharos.indexing.server import QdrantServer
from pharos.serving.index_sync.read_ahead import ReadAhead
from pharos.serving.index_sync.reindexer import Reindexer
from pharos.serving.operations.reindex import reindex
from pharos.serving.pipeline.requests import Person, Selection
from pharos.serving.service import Service, open_service
from pharos.towers.progress import Silent
from tests.serving.reindexing_world import FIRST, SECOND, prepared


@pytest.fixture
def look_ups(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the server is asked for besides searches."""
    asked = list[str]()
    for name in ("_retrieve", "_read_versions"):
        real = getattr(QdrantServer, name)

        def noted(*given: object, name: str = name, real: Callable[..., object] = real) -> object:
            asked.append(name)
            return real(*given)

        monkeypatch.setattr(QdrantServer, name, noted)
    return asked


@pytest.fixture
def service(bundles: Path, tmp_path: Path, qdrant_url: str, look_ups: list[str]) -> Iterator[Service]:
    """A service with a live collection on a Qdrant server, as it is just after it was opened."""
    with prepared(bundles, tmp_path, qdrant_url) as settings:
        reindex(settings, FIRST, Silent())
        with open_service(settings) as opened:
            look_ups.clear()
            yield opened


def ahead(service: Service) -> ReadAhead:
    return ReadAhead(service.store, service.index, service.variants)


def test_after_it_a_request_reads_no_item_and_no_vector(service: Service, look_ups: list[str]) -> None:
    ahead(service).read(service.live.current().collection)
    assert look_ups
    look_ups.clear()
    assert service.pipeline.recommend(Person("w3"), Selection(10)).items
    assert not look_ups


def test_a_collection_is_read_once(service: Service, look_ups: list[str]) -> None:
    reading, live = ahead(service), service.live.current().collection
    reading.read(live)
    look_ups.clear()
    reading.read(live)
    assert not look_ups


def test_a_collection_that_cannot_be_read_is_the_trouble_of_who_asks_for_it(service: Service) -> None:
    ahead(service).read("items--gone--1")


def test_a_new_collection_is_read_before_it_goes_live(service: Service, look_ups: list[str]) -> None:
    reading = ahead(service)
    seen = list[str | None]()

    def noted(collection: str) -> None:
        seen.append(service.index.resolve(service.settings.alias))
        reading.read(collection)

    before = service.live.current().collection
    reindexer = Reindexer(service.settings, service.store, service.index, service.variants, noted)
    reindexer.run(SECOND)
    assert seen == [before]
    look_ups.clear()
    assert service.pipeline.recommend(Person("w3"), Selection(10)).bundle == SECOND
    assert not look_ups


def test_the_thread_reads_what_is_live_and_ends(service: Service, look_ups: list[str]) -> None:
    service.read_ahead.start()
    deadline = time.monotonic() + 60
    while "_read_versions" not in look_ups and time.monotonic() < deadline:
        time.sleep(0.01)
    service.read_ahead.close()
    assert "_read_versions" in look_ups

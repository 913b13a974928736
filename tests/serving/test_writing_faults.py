"""What is acknowledged is never lost, and comes to the index as soon as that can be."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event
from starlette.testclient import TestClient

from pharos.indexing.errors import IndexUnavailable
from pharos.serving.app import create_app
from pharos.serving.service import Service, open_service
from pharos.serving.settings import Settings
from pharos.serving.store import NewItem, engine
from tests.qdrant_process import QdrantProcess
from tests.serving.world import war
from tests.serving.writing_world import disagreements, eventually, war_film, writable


@pytest.fixture
def settings(trained_too: Path, tmp_path: Path) -> Iterator[Settings]:
    with writable(trained_too, tmp_path, "") as settings:
        yield settings


@contextmanager
def served(settings: Settings) -> Iterator[tuple[TestClient, Service]]:
    app = create_app(settings)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client, app.state.service


def test_writes_while_the_index_is_away_are_kept_and_follow_when_it_is_back(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise IndexUnavailable("it is away")

    with served(settings) as (client, service):
        with monkeypatch.context() as away:
            for name in ("upsert", "set_payload", "delete"):
                away.setattr(type(service.index), name, refuse)
            answers = [
                client.put("/v1/items/new", json=war_film()),
                client.patch(f"/v1/items/{war(1)}", json={"available": False}),
                client.delete(f"/v1/items/{war(2)}"),
                client.post("/v1/items:batch", json=[{"item_id": war(3), **war_film("Batch")}]),
            ]
            assert [(answer.status_code, answer.json()["indexed"]) for answer in answers] == [(202, False)] * 4
            assert client.get("/v1/items/new").status_code == 200
            assert len(disagreements(service)) == 3  # one item is new and one is gone, so their count is right
        eventually(lambda: disagreements(service) == [])
        found = client.get("/v1/search", params={"q": "soldiers in a trench"}).json()
        assert not found["degraded"]


@pytest.mark.slow
def test_a_server_that_was_stopped_gets_what_it_missed(trained_too: Path, tmp_path: Path, qdrant_binary: Path) -> None:
    server = QdrantProcess(qdrant_binary)
    server.start()
    try:
        with writable(trained_too, tmp_path, server.url) as settings, served(settings) as (client, service):
            server.stop()
            answer = client.put("/v1/items/new", json=war_film())
            assert (answer.status_code, answer.json()["indexed"]) == (202, False)
            assert client.post("/v1/recommendations", json={"k": 3}).json()["degraded"]
            server.start()
            eventually(lambda: disagreements(service) == [])
    finally:
        server.remove()


def test_what_a_process_stored_before_it_died_is_indexed_at_the_next_start(settings: Settings) -> None:
    with open_service(settings) as service:  # as it is in the moment between store and index
        service.store.put_items([NewItem("stored", "Stored", {"genres": ["War"]})])
        service.store.patch_item(war(1), available=False)
        service.store.delete_item(war(2))
        assert len(disagreements(service)) == 2  # and one is gone, so that their count is right
    with served(settings) as (_, service):
        eventually(lambda: disagreements(service) == [])
        collection = service.live.fresh().collection
        eventually(lambda: service.store.synced_revision(collection) == service.store.revision())


def test_what_is_indexed_already_is_not_encoded_again(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(settings) as (client, service):
        client.put("/v1/items/new", json=war_film())
        bundle = type(service.live.fresh().bundle)

        def refuse(*_: object) -> None:
            raise AssertionError("an item is encoded")

        monkeypatch.setattr(bundle, "encode_items", refuse)
        service.background_sync.sync()
        assert service.store.synced_revision(service.live.fresh().collection) == service.store.revision()


@contextmanager
def failing_sync(service: Service) -> Iterator[None]:
    """Every pass of the background sync meets a fault of the program, and there is an item that it has to index."""

    def fail(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(type(service.store), "changes_since", fail)
        service.store.put_items([NewItem("stored", "Stored", {"genres": ["War"]})])
        service.background_sync.wake()
        eventually(lambda: service.background_sync.problem() is not None)
        yield


def test_the_background_sync_goes_on_after_a_fault_of_the_program(settings: Settings) -> None:
    with served(settings) as (client, service):
        with failing_sync(service):
            assert len(disagreements(service)) == 2
        eventually(lambda: disagreements(service) == [])
        eventually(lambda: client.get("/readyz").json()["sync_problem"] is None)


def test_a_failing_background_sync_is_logged_counted_and_shown(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with served(settings) as (client, service), failing_sync(service):
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (200, "ready")
        assert ready.json()["sync_problem"] == "the sync failed with RuntimeError; the log says why"
        assert 'pharos_sync_failures_total{error="RuntimeError"}' in client.get("/metrics").text
        assert any("a fault of ours" in record.message and record.exc_info for record in caplog.records)


def test_a_locked_store_is_said_and_nothing_is_written(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.1)
    with served(settings) as (client, service):
        before = service.store.revision()
        with closing(sqlite3.connect(settings.data_dir / "pharos.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            answers = [
                client.put("/v1/items/new", json=war_film()),
                client.post("/v1/items:batch", json=[{"item_id": "new", **war_film()}]),
                client.delete(f"/v1/items/{war(1)}"),
                client.post("/v1/events", json=[{"user_id": "w1", "item_id": war(1), "type": "view"}]),
                client.put(f"/v1/users/w1/ignored/{war(1)}"),
                client.delete("/v1/users/w1"),
            ]
            other.execute("ROLLBACK")
        for answer in answers:
            assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
            assert "database is locked" in answer.json()["detail"]
        assert service.store.revision() == before
        assert client.get("/v1/users/w1").json()["events"] == 19
        assert client.put("/v1/items/new", json=war_film()).status_code == 201


def test_a_full_disk_is_said_and_nothing_is_half_written(settings: Settings) -> None:
    with served(settings) as (client, service):
        before = service.store.counts()
        full = {"on": True}

        @event.listens_for(service.store._engine, "checkout")
        def limit(connection: sqlite3.Connection, *_: object) -> None:
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {pages if full['on'] else 1 << 30}")

        batch = [{"item_id": f"new-{number}", **war_film(overview="long " * 3000)} for number in range(50)]
        answer = client.post("/v1/items:batch", json=batch)
        assert answer.status_code == 503
        assert "full" in answer.json()["detail"]
        assert service.store.counts() == before
        assert disagreements(service) == []
        full["on"] = False
        assert client.post("/v1/items:batch", json=batch).status_code == 200
        assert disagreements(service) == []

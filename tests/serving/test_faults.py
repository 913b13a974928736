"""What happens to requests when a part goes away, and that all is as before when it comes back."""

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, event
from starlette.testclient import TestClient

from pharos.serving.app import create_app
from pharos.serving.settings import Settings
from tests.qdrant_process import QdrantProcess
from tests.serving.writing_world import disagreements, eventually, war_film, writable

LISTS = ("/v1/users/w3/recommendations", "/v1/items/war-1/similar", "/v1/search?q=battle")


@pytest.fixture
def qdrant(qdrant_binary: Path) -> Iterator[QdrantProcess]:
    """A server of one's own, to stop and start."""
    process = QdrantProcess(qdrant_binary)
    process.start()
    yield process
    process.remove()


@pytest.fixture
def on_server(qdrant: QdrantProcess, trained_too: Path, tmp_path: Path) -> Iterator[TestClient]:
    """A client of an application on that server."""
    with (
        writable(trained_too, tmp_path, qdrant.url) as settings,
        TestClient(create_app(settings), raise_server_exceptions=False) as client,
    ):
        yield client


def is_whole(client: TestClient) -> bool:
    answers = [client.get(path).json() for path in LISTS]
    return not any(answer["degraded"] for answer in answers) and client.get("/readyz").status_code == 200


@pytest.mark.slow
def test_without_its_server_the_store_answers_and_with_it_all_is_as_before(
    on_server: TestClient, qdrant: QdrantProcess
) -> None:
    before = {path: on_server.get(path).json()["items"] for path in LISTS}
    qdrant.stop()
    for path in LISTS:
        response = on_server.get(path)
        assert response.status_code == 200
        assert response.json()["degraded"]
        assert "cannot be reached" in response.json()["degraded_reason"]
        assert response.json()["items"]
    ready = on_server.get("/readyz")
    assert ready.status_code == 503
    assert "cannot be reached" in ready.json()["parts"]["index"]
    assert on_server.get("/metrics").status_code == 200
    qdrant.start()
    eventually(lambda: is_whole(on_server))
    assert {path: on_server.get(path).json()["items"] for path in LISTS} == before


@pytest.mark.slow
def test_what_is_written_while_the_server_is_away_is_there_when_it_is_back(
    on_server: TestClient, qdrant: QdrantProcess
) -> None:
    qdrant.stop()
    event = {"user_id": "somebody", "item_id": "war-2", "type": "view"}
    assert on_server.post("/v1/events", json=[event]).status_code == 200
    assert on_server.put("/v1/items/posted", json=war_film()).status_code == 202
    assert on_server.delete("/v1/items/war-5").status_code == 202
    qdrant.start()
    eventually(lambda: is_whole(on_server) and not disagreements(on_server.app.state.service))  # type: ignore[attr-defined]
    assert on_server.get("/v1/search?q=Trenches").json()["items"][0]["item_id"] == "posted"


@pytest.mark.slow
def test_no_request_fails_while_the_server_goes_and_comes(on_server: TestClient, qdrant: QdrantProcess) -> None:
    statuses: set[int] = set()
    degraded: set[bool] = set()
    done = threading.Event()

    def ask(paths: tuple[str, ...]) -> None:
        while not done.is_set():
            for path in paths:
                response = on_server.get(path)
                statuses.add(response.status_code)
                degraded.add(response.json()["degraded"])

    threads = [threading.Thread(target=ask, args=(LISTS[start:] + LISTS[:start],)) for start in range(3)]
    for thread in threads:
        thread.start()
    eventually(lambda: degraded == {False})
    for _ in range(2):
        qdrant.stop()
        eventually(lambda: on_server.get(LISTS[0]).json()["degraded"])
        qdrant.start()
        eventually(lambda: is_whole(on_server))
    done.set()
    for thread in threads:
        thread.join()
    assert statuses == {200}
    assert degraded == {True, False}


@pytest.fixture
def embedded(trained_too: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A client of an application on files of its own, which waits shortly for a lock."""
    monkeypatch.setattr("pharos.serving.store.engine.BUSY_SECONDS", 0.2)
    settings = Settings(data_dir=shutil.copytree(trained_too, tmp_path / "data"))
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


WRITES = (
    ("PUT", "/v1/items/posted", war_film()),
    ("POST", "/v1/events", [{"user_id": "w3", "item_id": "war-3", "type": "view"}]),
    ("PUT", "/v1/users/w3/ignored/war-1", None),
    ("DELETE", "/v1/users/w4", None),
)


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_a_locked_store_refuses_a_write_and_says_so_and_goes_on_reading(
    embedded: TestClient, tmp_path: Path, method: str, path: str, body: object
) -> None:
    with closing(sqlite3.connect(tmp_path / "data" / "pharos.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        response = embedded.request(method, path, json=body)
        assert response.status_code == 503
        assert response.headers["retry-after"] == "1"
        assert "locked" in response.json()["detail"]
        assert embedded.get("/v1/users/w3/recommendations").json()["degraded"] is False
        other.execute("ROLLBACK")
    assert embedded.request(method, path, json=body).is_success


@contextmanager
def full_disk() -> Iterator[None]:
    """Every database that is opened within cannot grow."""

    def limit(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # as many as it has

    event.listen(Engine, "connect", limit)
    try:
        yield
    finally:
        event.remove(Engine, "connect", limit)


def test_a_full_disk_refuses_a_write_and_says_so_and_loses_nothing(trained_too: Path, tmp_path: Path) -> None:
    settings = Settings(data_dir=shutil.copytree(trained_too, tmp_path / "data"))
    batch = [{"item_id": f"posted-{n}", **war_film(overview="A long story. " * 200)} for n in range(200)]
    with full_disk(), TestClient(create_app(settings), raise_server_exceptions=False) as client:
        assert client.patch("/v1/items/war-1", json={"available": False}).status_code == 200
        refused = client.post("/v1/items:batch", json=batch)
        assert refused.status_code == 503
        assert "full" in refused.json()["detail"]
        assert client.get("/v1/items/posted-0").status_code == 404
        assert client.get("/v1/users/w3/recommendations").json()["degraded"] is False
    with TestClient(create_app(settings)) as client:
        assert client.get("/v1/items/war-1").json()["available"] is False
        assert client.post("/v1/items:batch", json=batch).status_code == 200
        assert disagreements(client.app.state.service) == []  # type: ignore[attr-defined]

"""The clock jumps, an hour back, a day ahead, past 2038, and back: nothing is lost, nothing is stuck."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pharos.serving.app import create_app
from pharos.serving.operations.reindex import reindex
from pharos.serving.settings import Settings
from pharos.towers.progress import Silent
from tests.serving.clock import Clock
from tests.serving.reindexing_world import FIRST, SECOND, prepared
from tests.serving.writing_world import disagreements, eventually, war_film

JUMPS = ("back", "ahead", "2038")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def settings(trained_too: Path, tmp_path: Path) -> Settings:
    """Of a copy of the world; what is kept is kept for a moment alone."""
    data = shutil.copytree(trained_too, tmp_path / "data")
    return Settings(data_dir=data, refresh_seconds=0.05, popular_seconds=0.05)


@pytest.fixture
def client(settings: Settings, clock: Clock) -> Iterator[TestClient]:
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


def listed(client: TestClient, path: str) -> list[str]:
    answer = client.get(path).raise_for_status().json()
    assert not answer["degraded"], answer["degraded_reason"]
    return [item["item_id"] for item in answer["items"]]


@pytest.mark.parametrize("jump", JUMPS)
def test_what_is_written_while_the_clock_is_wrong_is_there_and_right(
    settings: Settings, clock: Clock, jump: str
) -> None:
    times = (jump, "right", jump)
    with TestClient(create_app(settings)) as client:
        for number, time in enumerate(times):
            assert client.put(f"/v1/items/before-{number}", json=war_film()).status_code == 201
            clock.jump(time)
            assert client.patch("/v1/items/war-1", json={"features": {"year": 1950 + number}}).status_code == 200
            assert client.put(f"/v1/items/after-{number}", json=war_film()).status_code == 201
            event = {"user_id": "w3", "item_id": f"before-{number}", "type": "view"}
            assert client.post("/v1/events", json=[event]).json()["added"] == 1
            assert client.put(f"/v1/users/w3/ignored/after-{number}").status_code == 204
            hidden = {f"{name}-{n}" for n in range(number + 1) for name in ("before", "after")}
            assert hidden.isdisjoint(listed(client, "/v1/users/w3/recommendations?k=60"))
    clock.jump("right")
    with TestClient(create_app(settings)) as client:
        assert disagreements(client.app.state.service) == []  # type: ignore[attr-defined]
        assert client.get("/v1/items/war-1").json()["features"]["year"] == 1952
        user = client.get("/v1/users/w3").json()
        assert {f"after-{n}" for n in range(3)} <= set(user["ignored"])
        events = client.get("/v1/users/w3/events?limit=100").json()["events"]
        assert {f"before-{n}" for n in range(3)} <= {event["item_id"] for event in events}
        hidden = {f"{name}-{n}" for n in range(3) for name in ("before", "after")}
        assert hidden.isdisjoint(listed(client, "/v1/users/w3/recommendations?k=60"))
        assert hidden <= set(listed(client, "/v1/items/war-1/similar?k=60"))


@pytest.mark.parametrize("jump", JUMPS)
def test_an_item_is_shown_by_the_clock_as_it_is_now(client: TestClient, clock: Clock, jump: str) -> None:
    now = int(clock.now())
    soon = {**war_film(), "available_from": now + 1800, "available_until": now + 2 * 10**9}
    over = {**war_film(), "available_until": now - 1800}
    for item_id, body in (("soon", soon), ("over", over)):
        assert client.put(f"/v1/items/{item_id}", json=body).status_code == 201
        event = [{"user_id": f"x{n}", "item_id": item_id, "type": "rating", "value": 5} for n in range(30)]
        assert client.post("/v1/events", json=event).status_code == 200
    lists = ("/v1/popular?k=60", "/v1/items/war-1/similar?k=60", "/v1/users/w3/recommendations?k=60")
    for time in (jump, "right", jump):
        clock.jump(time)
        moment = int(clock.now())
        expected = {"soon"} if moment >= now + 1800 else {"over"} if moment < now - 1800 else set()
        for path in lists:
            eventually(lambda path=path, expected=expected: {"soon", "over"} & {*listed(client, path)} == expected, 10)  # type: ignore[misc]


@pytest.mark.parametrize("jump", JUMPS)
def test_what_is_kept_for_a_while_is_made_anew_whatever_the_clock_says(
    client: TestClient, clock: Clock, jump: str
) -> None:
    for number, time in enumerate((jump, "right")):
        clock.jump(time)
        events = [{"user_id": f"y{n}", "item_id": f"toy-{number}", "type": "rating", "value": 5} for n in range(200)]
        assert client.post("/v1/events", json=events).status_code == 200
        eventually(lambda number=number: f"toy-{number}" in listed(client, f"/v1/popular?k={number + 1}"), 10)  # type: ignore[misc]


def live(client: TestClient) -> str:
    return str(client.get("/v1/status").json()["variants"][0]["bundle"])


def reindexed(client: TestClient, bundle: str) -> None:
    job = client.post("/v1/reindex", json={"bundle": bundle}).raise_for_status().json()
    eventually(lambda: client.get(f"/v1/jobs/{job['id']}").json()["finished_at"] is not None)
    assert client.get(f"/v1/jobs/{job['id']}").json()["state"] == "done"
    assert live(client) == bundle


@pytest.mark.parametrize("engine", ["embedded", pytest.param("server", marks=pytest.mark.slow)])
@pytest.mark.parametrize("jump", JUMPS)
def test_jobs_end_and_a_rollback_goes_to_what_was_live_before(
    bundles: Path, tmp_path: Path, clock: Clock, jump: str, engine: str, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("qdrant_url") if engine == "server" else ""
    with prepared(bundles, tmp_path, url) as settings:
        clock.jump("right" if jump == "back" else jump)
        reindex(settings, FIRST, Silent())
        with TestClient(create_app(settings)) as client:
            reindexed(client, FIRST)
            clock.jump("back" if jump == "back" else "right")
            for bundle in (FIRST, SECOND, FIRST):
                reindexed(client, bundle)
            assert client.post("/v1/rollback").raise_for_status().json()["bundle"] == SECOND
            assert live(client) == SECOND
            assert disagreements(client.app.state.service) == []  # type: ignore[attr-defined]
            clock.jump("right")
            reindexed(client, SECOND)

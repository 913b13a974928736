"""Feedback over HTTP is in the next answer, counts once, and goes when it is to go.

It comes from the store alone, so one engine will do.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import cast
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from pharos.serving.app import create_app
from pharos.serving.service import Service
from pharos.serving.settings import Settings
from tests.serving import world
from tests.serving.world import toy, war
from tests.serving.writing_world import writable


@pytest.fixture(scope="module")
def client(trained_too: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with (
        writable(trained_too, tmp_path_factory.mktemp("feedback"), "") as settings,
        TestClient(create_app(settings), raise_server_exceptions=False) as client,
    ):
        yield client


@pytest.fixture
def service(client: TestClient) -> Service:
    return cast(Service, client.app.state.service)  # type: ignore[attr-defined]


def recommended(client: TestClient, user: str, k: int = 60) -> list[str]:
    answer = client.get(f"/v1/users/{user}/recommendations", params={"k": k})
    return [item["item_id"] for item in answer.json()["items"]]


def event(user: str, item: str, kind: str = "view", **more: object) -> dict[str, object]:
    return {"user_id": user, "item_id": item, "type": kind, **more}


def counted(service: Service, item: str) -> list[tuple[str, int, int, float]]:
    """Type, events, ratings and their sum, as they are kept for popularity."""
    with service.store.reading() as connection:
        query = "SELECT type, events, rated, value_sum FROM item_counts WHERE item_id = ? ORDER BY type"
        return [tuple(row) for row in connection.exec_driver_sql(query, (item,))]


def test_an_event_changes_the_next_answer(client: TestClient) -> None:
    before = recommended(client, "anna", 10)
    client.post("/v1/events", json=[event("anna", war(number), timestamp=number) for number in (1, 2, 3)])
    liked = recommended(client, "anna", 10)
    assert liked != before
    assert all(item_id.startswith("war") for item_id in liked[:8])
    client.post("/v1/events", json=[event("bert", toy(number), timestamp=number) for number in (1, 2, 3)])
    assert all(item_id.startswith("toy") for item_id in recommended(client, "bert", 8))


def test_a_seen_item_is_gone_with_the_next_answer(client: TestClient) -> None:
    assert war(5) in recommended(client, "clara")
    answer = client.post("/v1/events", json=[event("clara", war(5), "purchase")])
    assert (answer.status_code, answer.json()) == (200, {"added": 1, "known": 0})
    assert war(5) not in recommended(client, "clara")


def test_the_same_event_counts_once(client: TestClient, service: Service) -> None:
    before = counted(service, war(6))
    same = event("dora", war(6), "like", timestamp=1_700_000_000)
    other = event("dora", war(6), "like", timestamp=1_700_000_001)
    assert client.post("/v1/events", json=[same, same]).json() == {"added": 1, "known": 1}
    assert client.post("/v1/events", json=[same, other]).json() == {"added": 1, "known": 1}
    assert counted(service, war(6)) == [("like", 2, 0, 0.0), *before]
    assert client.get("/v1/users/dora").json()["events"] == 2


def test_a_rating_is_counted_with_its_value(client: TestClient, service: Service) -> None:
    ((_, events, rated, total),) = counted(service, toy(6))
    client.post("/v1/events", json=[event("emil", toy(6), "rating", value=2.5)])
    assert counted(service, toy(6)) == [("rating", events + 1, rated + 1, total + 2.5)]


def test_an_event_without_a_time_is_the_newest(client: TestClient, service: Service) -> None:
    client.post("/v1/events", json=[event("fritz", war(1)), event("fritz", war(2), timestamp=1)])
    assert [entry.item_id for entry in service.store.history("fritz", 10)] == [war(2), war(1)]


def test_an_ignored_item_disappears_at_once_and_comes_back_when_it_is_not(client: TestClient) -> None:
    path = f"/v1/users/gerd/ignored/{war(7)}"
    assert war(7) in recommended(client, "gerd")
    assert client.put(path).status_code == 204
    assert war(7) not in recommended(client, "gerd")
    assert client.get("/v1/users/gerd").json()["ignored"] == [war(7)]
    assert client.put(path).status_code == 204  # again is harmless
    assert client.delete(path).status_code == 204
    assert war(7) in recommended(client, "gerd")
    assert client.delete(path).status_code == 204


def test_what_an_event_ignored_comes_back_too(client: TestClient, service: Service) -> None:
    before = counted(service, war(8))
    client.post("/v1/events", json=[event("hans", war(8), "ignore")])
    assert war(8) not in recommended(client, "hans")
    client.delete(f"/v1/users/hans/ignored/{war(8)}")
    assert war(8) in recommended(client, "hans")
    assert counted(service, war(8)) == before


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"item_id": "nothing"}, "[1].item_id"),
        ({"type": "stare"}, "[1].type"),
        ({"type": "rating"}, "[1].value"),
        ({"value": "good"}, "[1].value"),
        ({"value": 1e7}, "[1].value"),
        ({"timestamp": -1}, "[1].timestamp"),
        ({"timestamp": 1_700_000_000_000}, "[1].timestamp"),
        ({"timestamp": 1.5}, "[1].timestamp"),
        ({"user_id": ""}, "[1].user_id"),
        ({"user_id": "a\0"}, "[1].user_id"),
        ({"user_id": "x" * 513}, "[1].user_id"),
        ({"colour": "red"}, "[1].colour"),
    ],
    ids=lambda part: str(part)[:30],
)
def test_a_bad_event_is_named_with_its_place_and_none_is_kept(
    client: TestClient, service: Service, change: dict[str, object], field: str
) -> None:
    before = service.store.counts()
    answer = client.post("/v1/events", json=[event("ida", war(1)), {**event("ida", war(2)), **change}])
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert service.store.counts() == before


def test_the_known_types_are_those_of_the_settings(client: TestClient) -> None:
    answer = client.post("/v1/events", json=[event("ida", war(1), "stare")])
    assert answer.json()["errors"][0]["allowed"] == f"one of {', '.join(Settings().event_weights)}"


def test_an_unknown_item_cannot_be_ignored(client: TestClient) -> None:
    answer = client.put("/v1/users/ida/ignored/nothing")
    assert (answer.status_code, answer.json()["errors"][0]["value"]) == (404, "nothing")
    assert client.get("/v1/users/ida").status_code == 404


def test_the_features_of_a_user_can_be_written(client: TestClient) -> None:
    answer = client.put("/v1/users/karl", json={"features": {"age": 33}})
    assert answer.json() == {"user_id": "karl", "features": {"age": 33}, "events": 0, "ignored": []}
    assert client.put("/v1/users/karl", json={"features": {"age": None}}).json()["features"] == {}
    wrong = client.put("/v1/users/karl", json={"features": {"height": 180}})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "features.height")


def test_a_deleted_user_leaves_nothing(client: TestClient, service: Service) -> None:
    counts, before = counted(service, war(9)), service.store.counts()
    client.put("/v1/users/lena", json={"features": {"age": 33}})
    client.post("/v1/events", json=[event("lena", war(9), "rating", value=1.0), event("lena", war(9), "like")])
    client.put(f"/v1/users/lena/ignored/{war(3)}")
    answer = client.delete("/v1/users/lena")
    assert answer.json() == {"user_id": "lena", "features": {"age": 33}, "events": 2, "ignored": [war(3)]}
    assert client.get("/v1/users/lena").status_code == 404
    assert client.delete("/v1/users/lena").status_code == 404
    assert service.store.counts() == before
    assert counted(service, war(9)) == counts
    assert {war(3), war(9)} <= set(recommended(client, "lena"))


def test_an_imported_user_can_be_deleted(client: TestClient, service: Service) -> None:
    (before,) = counted(service, toy(19))
    assert client.delete("/v1/users/t9").json()["events"] == world.HALF - 1
    (after,) = counted(service, toy(19))
    assert (before[1] - after[1], before[2] - after[2]) == (1, 1)


@pytest.mark.parametrize("user", ["a/b", "..", "'; DROP TABLE users;--", "🎬", "%00", "x" * 512], ids=ascii)
def test_a_hostile_user_id_is_an_id_like_any_other(client: TestClient, user: str) -> None:
    path = f"/v1/users/{quote(user, safe='').replace('.', '%2E')}"
    assert client.post("/v1/events", json=[event(user, war(1))]).status_code == 200
    assert client.put(f"{path}/ignored/{war(2)}").status_code == 204
    assert client.get(path).json() == {"user_id": user, "features": {}, "events": 1, "ignored": [war(2)]}
    assert client.delete(path).status_code == 200


@pytest.mark.parametrize("user", ["%00", "x" * 513, "x" * 10_000, "%FF%FE"], ids=lambda text: text[:9])
def test_a_user_id_that_cannot_be_kept_is_refused(client: TestClient, user: str) -> None:
    for answer in (
        client.get(f"/v1/users/{user}"),
        client.delete(f"/v1/users/{user}"),
        client.put(f"/v1/users/{user}/ignored/{war(1)}"),
        client.put(f"/v1/users/{user}", json={"features": {}}),
    ):
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "user_id"

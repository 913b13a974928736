"""Lists page by page, one person's data, single events and merging over HTTP. The store alone answers them."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from pharos.serving.api.access import needed_scope
from pharos.serving.api.tokens import read_token, token_of
from pharos.serving.app import create_app
from pharos.serving.operations.keys import Scope
from pharos.serving.parts import open_store
from pharos.serving.settings import Settings
from tests.serving import world
from tests.serving.world import toy, war

LISTS = {"/v1/items": "items", "/v1/users": "users", "/v1/events": "events", "/v1/users/w3/events": "events"}


@pytest.fixture(scope="module")
def listing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of an application whose store holds the world; nothing is indexed."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("listing"))
    with open_store(settings) as store:
        store.import_dataset(world.dataset())
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


def scroll(client: TestClient, path: str, **query: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        given = query | ({"cursor": cursor} if cursor else {})
        answer = client.get(path, params=given).raise_for_status().json()
        rows += answer[LISTS[path]] if path in LISTS else answer["events"]
        cursor = answer["next_cursor"]
    return rows


def event(user: str, item: str, kind: str = "view", **more: object) -> dict[str, object]:
    return {"user_id": user, "item_id": item, "type": kind, **more}


@pytest.mark.parametrize("path", LISTS)
def test_the_pages_of_a_list_are_the_list(listing: TestClient, path: str) -> None:
    whole = scroll(listing, path, limit=1000)
    assert len(whole) > 10
    assert scroll(listing, path, limit=4) == whole


def test_a_page_has_a_hundred_rows_where_nothing_is_said(listing: TestClient) -> None:
    assert len(listing.get("/v1/events").json()["events"]) == 100


def test_the_last_page_names_no_next_one_even_where_it_is_full(listing: TestClient) -> None:
    answer = listing.get("/v1/items", params={"limit": 41}).json()
    assert (len(answer["items"]), answer["next_cursor"]) == (41, None)


def test_a_list_of_items_is_filtered_as_any_other(listing: TestClient) -> None:
    found = scroll(listing, "/v1/items", limit=3, filter=["genres=War", "year>=1990"])
    assert [item["item_id"] for item in found] == sorted(war(number) for number in range(10, 19))
    refused = listing.get("/v1/items", params={"filter": "colour=red"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "filter.colour")


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "cursor",
    ["x", "%", "W10", "WzFd", token_of(("a", "b", "c")), token_of((2**70,)), "A" * 9000],
    ids=lambda text: text[:9],
)
def test_a_cursor_that_no_list_gave_is_refused(listing: TestClient, path: str, cursor: str) -> None:
    if path == "/v1/events" and cursor == "WzFd":
        return  # [1], which is the number of an event
    answer = listing.get(path, params={"cursor": cursor})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "cursor")


@pytest.mark.parametrize("limit", ["0", "1001", "x"])
def test_a_limit_that_is_not_allowed_is_refused(listing: TestClient, limit: str) -> None:
    answer = listing.get("/v1/items", params={"limit": limit})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "limit")


def test_one_event_is_deleted_by_the_id_of_the_list(listing: TestClient) -> None:
    listing.post("/v1/events", json=[event("anna", war(1), timestamp=5), event("anna", war(1), timestamp=6)])
    first, second = scroll(listing, "/v1/users/anna/events")
    path = f"/v1/users/anna/events/{first['event_id']}"
    assert listing.delete(path).status_code == 204
    assert scroll(listing, "/v1/users/anna/events") == [second]
    again = listing.delete(path)
    assert (again.status_code, again.json()["type"]) == (404, "urn:pharos:problem:unknown-event")
    assert listing.delete(f"/v1/users/bert/events/{second['event_id']}").status_code == 404


@pytest.mark.parametrize("event_id", ["x", "%2F", "WzFd", "%FF", "A" * 9000], ids=lambda text: text[:9])
def test_an_event_that_there_is_not_is_told(listing: TestClient, event_id: str) -> None:
    answer = listing.delete(f"/v1/users/anna/events/{event_id}")
    assert answer.status_code in (404, 422)
    assert answer.json()["errors"][0]["field"] == "event_id"


@pytest.mark.parametrize("item_id", ["x" * 512, "🎬" * 512, "a/b", "ß", "007"], ids=lambda text: text[:3])
def test_an_event_of_any_item_can_be_named(listing: TestClient, item_id: str) -> None:
    listing.put(f"/v1/items/{quote(item_id, safe='')}", json={"title": "Any"})
    listing.post("/v1/events", json=[event("carl", item_id)]).raise_for_status()
    (stored,) = scroll(listing, "/v1/users/carl/events", limit=1)
    assert stored["item_id"] == item_id
    assert listing.delete(f"/v1/users/carl/events/{stored['event_id']}").status_code == 204
    assert listing.delete(f"/v1/items/{quote(item_id, safe='')}").status_code in (200, 202)


def test_the_export_of_a_person_is_all_that_was_told_of_them(listing: TestClient) -> None:
    listing.put("/v1/users/dora", json={"features": {"age": 33}})
    listing.post("/v1/events", json=[event("dora", war(2), "rating", value=2.5, timestamp=9)])
    listing.put(f"/v1/users/dora/ignored/{toy(1)}")
    data = listing.get("/v1/users/dora/export").raise_for_status().json()
    assert (data["user_id"], data["features"]) == ("dora", {"age": 33})
    assert data["events"] == scroll(listing, "/v1/users/dora/events")
    assert [(found["item_id"], found["value"], found["timestamp"]) for found in data["events"]] == [(war(2), 2.5, 9)]
    assert [entry["item_id"] for entry in data["ignored"]] == [toy(1)]
    assert listing.get("/v1/users/nobody/export").status_code == 404


def test_a_visitor_is_merged_into_a_customer(listing: TestClient) -> None:
    listing.post("/v1/events", json=[event("visitor", war(1), timestamp=1), event("visitor", war(2), timestamp=2)])
    listing.post("/v1/events", json=[event("emma", war(1), timestamp=1)])
    answer = listing.post("/v1/users/visitor/merge", json={"into": "emma"}).raise_for_status().json()
    assert (answer["moved"], answer["known"], answer["user"]["user_id"], answer["user"]["events"]) == (1, 1, "emma", 2)
    assert listing.get("/v1/users/visitor").status_code == 404
    assert listing.post("/v1/users/visitor/merge", json={"into": "emma"}).status_code == 404


def test_nobody_is_merged_into_themselves(listing: TestClient) -> None:
    answer = listing.post("/v1/users/w1/merge", json={"into": "w1"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "into")
    assert listing.get("/v1/users/w1").json()["events"] == 19


def test_what_people_did_is_closed_where_reading_is_open() -> None:
    settings = Settings(open_reading=True)
    for path in ("/v1/users", "/v1/events", "/v1/users/{user_id}/events", "/v1/users/{user_id}/export"):
        assert (needed_scope(path, "GET", settings) or Scope.OPEN) >= Scope.WRITE
    assert needed_scope("/v1/items", "GET", settings) is Scope.OPEN


def test_the_description_tells_each_list_with_an_example(listing: TestClient) -> None:
    document = listing.get("/openapi.json").json()
    for path in ("/v1/items", "/v1/users", "/v1/events", "/v1/users/{user_id}/events"):
        operation = document["paths"][path]["get"]
        assert "page by page" in operation["summary"]
        (cursor,) = [part for part in operation["parameters"] if part["name"] == "cursor"]
        assert read_token(cursor["schema"]["examples"][0], (str,))
    assert document["paths"]["/v1/users/{user_id}/merge"]["post"]["summary"]


def test_a_token_is_read_as_it_was_made_and_in_no_other_way() -> None:
    key = ("a/b ß 🎬", "view", 5)
    assert read_token(token_of(key), (str, str, int)) == list(key)
    assert read_token(token_of(key) + "=", (str, str, int)) is None
    assert read_token(token_of(key), (str, str)) is None
    assert read_token(token_of((True,)), (int,)) is None

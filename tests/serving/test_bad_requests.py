"""Every malformed request gets a problem document with field, value and what is allowed, and never a trace."""

import json
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

RECOMMEND = "/v1/users/w3/recommendations"
QUERIES = [
    (RECOMMEND, {"k": "0"}, "k"),
    (RECOMMEND, {"k": "-3"}, "k"),
    (RECOMMEND, {"k": "many"}, "k"),
    (RECOMMEND, {"k": "61"}, "k"),
    (RECOMMEND, {"k": "1e3"}, "k"),
    (RECOMMEND, {"kk": "5"}, "kk"),
    (RECOMMEND, {"filter": "genres"}, "filter"),
    (RECOMMEND, {"filter": "colour=red"}, "filter.colour"),
    (RECOMMEND, {"filter": "year=soon"}, "filter.year"),
    (RECOMMEND, {"filter": "genres>=3"}, "filter.genres"),
    (RECOMMEND, {"filter": "{"}, "filter"),
    (RECOMMEND, {"filter": ["year>=1"] * 21}, "filter"),
    (RECOMMEND, {"fields": "colour"}, "fields"),
    (RECOMMEND, {"exclude": ""}, "exclude[0]"),
    (RECOMMEND, {"diversity": "1.1"}, "diversity"),
    (RECOMMEND, {"diversity": "-0.1"}, "diversity"),
    (RECOMMEND, {"diversity": "nan"}, "diversity"),
    (RECOMMEND, {"only": "war-1"}, "only"),
    ("/v1/popular", {"diversity": "0.5"}, "diversity"),
    ("/v1/search", {}, "q"),
    ("/v1/search", {"q": "   "}, "q"),
    ("/v1/search", {"q": "x" * 1001}, "q"),
    ("/v1/search", {"q": "a\0b"}, "q"),
    ("/v1/popular", {"k": ""}, "k"),
    ("/v1/popular", {"exclude": ["x" * 513]}, "exclude[0]"),
    ("/v1/popular", {"filter": "genres=a\0b"}, "filter[0]"),
    ("/v1/popular", {"filter": '{"genres": "a\\u0000b"}'}, "filter.genres"),
    ("/v1/popular", {"filter": "year>=nan"}, "filter.year"),
    ("/v1/popular", {"filter": '{"year": {"gte": NaN}}'}, "filter.year"),
    ("/v1/items/war-1/similar", {"k": "0"}, "k"),
    ("/v1/items/war-1/similar", {"filter": "colour=red"}, "filter.colour"),
]
BODIES = [
    ({"history": "war-1"}, "history"),
    ({"history": [{"item": "war-1"}]}, "history[0].item_id"),
    ({"history": [{"item_id": 5}]}, "history[0].item_id"),
    ({"history": [{"item_id": "a", "rating": "good"}]}, "history[0].rating"),
    ({"history": [{"item_id": "a", "timestamp": 1_700_000_000_000}]}, "history[0].timestamp"),
    ({"history": [{"item_id": "a"}] * 51}, "history"),
    ({"k": True}, "k"),
    ({"k": 1.5}, "k"),
    ({"filter": {"colour": "red"}}, "filter.colour"),
    ({"filter": {"year": {"about": 1990}}}, "filter.year"),
    ({"user_features": {"age": "old"}}, "user_features.age"),
    ({"user_features": {"height": 180}}, "user_features.height"),
    ({"user_features": {"age": True}}, "user_features.age"),
    ({"history": [{"item_id": "a", "rating": True}]}, "history[0].rating"),
    ({"history": [{"item_id": "a", "rating": 1e7}]}, "history[0].rating"),
    ({"history": [{"item_id": "a\0"}]}, "history[0].item_id"),
    ({"filter": {"genres": {"any": ["x"] * 101}}}, "filter.genres"),
    ({"filter": {"genres": {"any": []}}}, "filter.genres"),
    ({"fields": ["colour"]}, "fields"),
    ({"k": 61}, "k"),
    ({"exclude": [""]}, "exclude[0]"),
    ({"exclude": ["a"] * 10_001}, "exclude"),
    ({"only": []}, "only"),
    ({"only": [""]}, "only[0]"),
    ({"only": "war-1"}, "only"),
    ({"diversity": 2}, "diversity"),
    ({"diversity": "0.5"}, "diversity"),
    ({"hystory": []}, "hystory"),
    ([], "body"),
    ("text", "body"),
]
BROKEN = [b"{", b"", b"\xff\xfe", b'{"k": NaN}', b'{"history": [{"item_id": "\\ud800"}]}', b"[" * 5000]
HOSTILE = [
    "%00", "..%2F..%2Fetc%2Fpasswd", "'%3B%20DROP%20TABLE%20items%3B--", "%F0%9F%8E%AC", "%FF%FE", "%25", "a%2Fb",
    "x" * 10_000, "%E2%80%AE", "None", "-1", "%0A", "war-1%20",
]  # fmt: skip


def problem(response) -> dict:  # type: ignore[no-untyped-def]
    assert 400 <= response.status_code < 500, response.text
    assert response.headers["content-type"] == "application/problem+json"
    document = response.json()
    assert document["status"] == response.status_code
    assert document["detail"]
    assert "Traceback" not in response.text
    assert '.py"' not in response.text
    return document


@pytest.mark.parametrize(("path", "params", "field"), QUERIES)
def test_a_bad_parameter_is_named_with_what_is_allowed(
    client: TestClient, path: str, params: dict[str, str], field: str
) -> None:
    document = problem(client.get(path, params=params))
    assert document["errors"][0]["field"] == field
    assert document["errors"][0]["allowed"]


@pytest.mark.parametrize(("body", "field"), BODIES, ids=lambda part: json.dumps(part)[:50])
def test_a_bad_body_is_named_with_what_is_allowed(client: TestClient, body: object, field: str) -> None:
    document = problem(client.post("/v1/recommendations", json=body))
    assert document["errors"][0]["field"] == field
    assert document["errors"][0]["allowed"]


@pytest.mark.parametrize("content", BROKEN, ids=lambda content: repr(content[:20]))
def test_a_body_that_cannot_be_read_is_refused(client: TestClient, content: bytes) -> None:
    problem(client.post("/v1/recommendations", content=content, headers={"Content-Type": "application/json"}))


def test_a_body_of_another_type_is_refused(client: TestClient) -> None:
    problem(client.post("/v1/recommendations", content="history=1", headers={"Content-Type": "text/plain"}))


def chunks() -> Iterator[bytes]:
    """A body of 200,000 bytes, sent without saying how long it is."""
    return (b" " * 1000 for _ in range(200))


@pytest.mark.parametrize("body", [b" " * 100_001, chunks()], ids=["declared", "hidden"])
def test_a_body_over_the_limit_is_refused_with_the_limit(client: TestClient, body: bytes | Iterator[bytes]) -> None:
    document = problem(client.post("/v1/recommendations", content=body))
    assert document["status"] == 413
    (error,) = document["errors"]
    assert (error["field"], error["allowed"]) == ("body", "at most 100000 bytes")
    assert error["value"] in {"100001 bytes", "more than 100000 bytes"}


def test_a_body_up_to_the_limit_is_read(client: TestClient) -> None:
    body = b'{"history": []}'
    body += b" " * (100_000 - len(body))
    headers = {"Content-Type": "application/json"}
    assert client.post("/v1/recommendations", content=body, headers=headers).status_code == 200


@pytest.mark.parametrize("item_id", HOSTILE, ids=lambda text: text[:20])
@pytest.mark.parametrize("path", ["/v1/items/{}", "/v1/items/{}/similar"])
def test_a_hostile_item_id_is_an_unknown_item_or_refused(client: TestClient, path: str, item_id: str) -> None:
    assert problem(client.get(path.format(item_id)))["status"] in {404, 422}


@pytest.mark.parametrize("user_id", HOSTILE, ids=lambda text: text[:20])
def test_a_hostile_user_id_is_an_unknown_user_or_refused(client: TestClient, user_id: str) -> None:
    response = client.get(f"/v1/users/{user_id}/recommendations")
    if response.status_code == 200:
        assert len(response.json()["items"]) == 10
    else:
        assert problem(response)["status"] == 422


def test_an_unknown_item_is_named(client: TestClient) -> None:
    document = problem(client.get("/v1/items/nothing/similar"))
    assert document["status"] == 404
    assert document["errors"][0]["value"] == "nothing"
    assert "'nothing'" in document["detail"]


def test_an_unknown_path_and_a_wrong_method_are_problems_too(client: TestClient) -> None:
    assert problem(client.get("/v2/anything"))["status"] == 404
    assert problem(client.delete("/v1/popular"))["status"] == 405


def test_a_long_value_is_not_sent_back_whole(client: TestClient) -> None:
    response = client.get(RECOMMEND, params={"fields": "x" * 5000})
    assert len(response.text) < 1500

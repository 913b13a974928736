"""That depth is no way to harm the server: what is nested deeply is refused like anything else that is wrong."""

import pytest
from starlette.testclient import TestClient

DEPTHS = (3, 200, 20_000)


def nested(depth: int) -> str:
    return '{"any":' * depth + "1" + "}" * depth


@pytest.mark.parametrize("depth", DEPTHS)
def test_a_filter_in_a_filter_is_refused(client: TestClient, depth: int) -> None:
    body = f'{{"filter": {{"genres": {nested(depth)}}}}}'
    response = client.post("/v1/recommendations", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code in {400, 413, 422}
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("depth", DEPTHS)
def test_a_filter_in_the_address_is_no_deeper(client: TestClient, depth: int) -> None:
    response = client.get("/v1/popular", params={"filter": f'{{"genres": {nested(depth)}}}'[:15_000]})
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"].startswith("filter")


@pytest.mark.parametrize("depth", DEPTHS)
def test_a_feature_that_is_nested_is_refused(client: TestClient, depth: int) -> None:
    body = f'{{"title": "Deep", "features": {{"genres": {"[" * depth}{"]" * depth}}}}}'
    response = client.put("/v1/items/deep", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code in {400, 422}


@pytest.mark.parametrize("path", ["/v1/items:batch", "/v1/events"])
def test_a_batch_of_more_than_are_allowed_is_refused_with_the_limit(client: TestClient, path: str) -> None:
    record = {"item_id": "a", "title": "A"} if "items" in path else {"user_id": "u", "item_id": "a", "type": "view"}
    response = client.post(path, json=[record] * 1001)
    assert response.status_code == 422
    assert "1 to 1000 records" in response.json()["detail"]

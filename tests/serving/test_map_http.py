"""The map of items, and items that are looked at without being stored, over HTTP."""

import numpy as np
import pytest
from starlette.testclient import TestClient

from pharos.serving.pipeline.item_map import _principal
from tests.serving.world import HALF, TOY_TEXT, WAR_TEXT, toy, war


def places(client: TestClient) -> dict[str, np.ndarray]:
    drawn = client.get("/v1/map").json()
    return {item_id: np.array(place) for item_id, *place in zip(drawn["item_ids"], drawn["x"], drawn["y"], strict=True)}


def centre(client: TestClient, name: object) -> np.ndarray:
    found = places(client)
    return np.mean([found[name(number)] for number in range(HALF)], axis=0)  # type: ignore[operator]


def test_the_map_has_every_item_with_its_title_and_what_to_colour_it_by(client: TestClient) -> None:
    drawn = client.get("/v1/map").json()
    assert len(drawn["item_ids"]) == drawn["total"] == 2 * HALF + 1
    place = drawn["item_ids"].index(war(3))
    assert drawn["titles"][place] == "Battle of the Hills 3"
    assert drawn["features"].keys() == {"year", "genres", "language"}
    assert drawn["features"]["genres"][place] == "War"
    assert 0 < drawn["explained"] <= 1


def test_the_map_parts_films_that_different_people_like(client: TestClient) -> None:
    found = places(client)
    middle = (centre(client, war) + centre(client, toy)) / 2
    across = centre(client, war) - centre(client, toy)
    sides = {name(n): float((found[name(n)] - middle) @ across) > 0 for name in (war, toy) for n in range(HALF)}
    right = sum(sides[war(n)] + (not sides[toy(n)]) for n in range(HALF))
    assert right >= 0.9 * 2 * HALF


def test_the_same_vectors_give_the_same_map_and_hold_the_variance() -> None:
    rows = np.random.default_rng(1).normal(size=(200, 5)).astype(np.float32) * np.array([9, 5, 1, 1, 1], np.float32)
    projection = _principal(rows)
    variances = projection(rows).var(axis=0)
    assert variances[0] > variances[1]
    assert projection.explained > 0.9
    assert np.allclose(projection(rows[::-1])[::-1], projection(rows))


@pytest.mark.parametrize("count", [0, 1])
def test_a_catalogue_too_small_for_a_map_has_one(count: int) -> None:
    rows = np.ones((count, 4), np.float32)
    assert _principal(rows)(rows).shape == (count, 2)


def test_a_person_stands_with_what_they_had(client: TestClient) -> None:
    one = client.post("/v1/map/person", json={"user_id": "w3"}).json()
    other = client.post("/v1/map/person", json={"history": [{"item_id": toy(1)}, {"item_id": toy(2)}]}).json()
    across = centre(client, war) - centre(client, toy)
    assert np.array(one["place"]) @ across > np.array(other["place"]) @ across
    assert [item["item_id"] for item in other["history"]] == [toy(1), toy(2)]
    assert other["history"][0]["title"] == "Toy Box 1"


def test_a_draft_stands_with_its_kind_and_is_not_stored(client: TestClient) -> None:
    def preview(genre: str, text: str) -> dict:
        features = {"genres": [genre], "overview": text}
        response = client.post("/v1/items:preview", json={"title": "Something", "features": features, "user_id": "w3"})
        assert response.status_code == 200, response.text
        return response.json()

    before = client.get("/v1/status").json()
    one, other = preview("War", WAR_TEXT), preview("Animation", TOY_TEXT)
    across = centre(client, war) - centre(client, toy)
    assert np.array(one["place"]) @ across > np.array(other["place"]) @ across
    assert sum(item["item_id"].startswith("war-") for item in one["neighbours"]) > len(one["neighbours"]) / 2
    assert one["person"]["nearer"] < other["person"]["nearer"]
    assert 3.0 <= one["person"]["predicted_rating"] <= 5.0
    assert {member["user_id"][0] for member in other["audience"]} == {"t"}
    after = client.get("/v1/status").json()
    assert (after["counts"], after["revision"]) == (before["counts"], before["revision"])


def test_a_draft_for_nobody_fits_nobody(client: TestClient) -> None:
    assert client.post("/v1/items:preview", json={"title": "Something"}).json()["person"] is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x", "features": {"colour": "red"}}, "features.colour"),
        ({"title": "x", "features": {"year": "long ago"}}, "features.year"),
        ({"title": "x", "user_id": "w1", "history": [{"item_id": "war-1"}]}, "history"),
    ],
)
def test_a_draft_that_could_not_be_stored_is_named(client: TestClient, body: dict[str, object], field: str) -> None:
    response = client.post("/v1/items:preview", json=body)
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == field

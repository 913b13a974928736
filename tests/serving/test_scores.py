"""The ranking stage over HTTP: scores of given items, predicted ratings, and why an item is there."""

from pathlib import Path
from shutil import copytree

import pytest
from starlette.testclient import TestClient

from pharos.serving.pipeline import Person, Selection
from pharos.serving.service import open_service
from pharos.serving.settings import Settings
from tests.serving.world import toy, war


def scored(client: TestClient, **body: object) -> dict:
    response = client.post("/v1/score", json=body)
    assert response.status_code == 200, response.text
    return response.json()


def test_items_are_scored_in_the_order_asked_for(client: TestClient) -> None:
    answer = scored(client, user_id="w3", item_ids=[toy(4), war(3)])
    assert [item["item_id"] for item in answer["items"]] == [toy(4), war(3)]
    assert answer["items"][1]["score"] > answer["items"][0]["score"]
    assert answer["bundle"]


def test_a_score_is_that_of_a_recommendation(client: TestClient) -> None:
    (first, *_) = client.get("/v1/users/w3/recommendations", params={"k": 60}).json()["items"]
    (alone,) = scored(client, user_id="w3", item_ids=[first["item_id"]])["items"]
    assert alone["predicted_rating"] == first["predicted_rating"]


def test_an_anonymous_history_is_scored_with(client: TestClient) -> None:
    history = [{"item_id": war(number), "rating": 5.0} for number in range(6)]
    one, other = scored(client, history=history, item_ids=[war(8), toy(8)])["items"]
    assert one["score"] > other["score"]


def test_a_predicted_rating_lies_within_the_ratings_that_people_give(client: TestClient) -> None:
    items = scored(client, user_id="w3", item_ids=[war(3), toy(3), "lone"])["items"]
    assert all(3.0 <= item["predicted_rating"] <= 5.0 for item in items)


def test_who_is_unknown_gets_scores_too(client: TestClient) -> None:
    assert len(scored(client, user_id="nobody", item_ids=[war(1), toy(1)])["items"]) == 2


def test_unknown_items_are_named_and_left_out(client: TestClient) -> None:
    answer = scored(client, history=[{"item_id": "lost"}], item_ids=["nothing", war(1)])
    assert answer["unknown_items"] == ["lost", "nothing"]
    assert [item["item_id"] for item in answer["items"]] == [war(1)]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"item_ids": []}, "item_ids"),
        ({"item_ids": ["x"] * 1001}, "item_ids"),
        ({"user_id": "w3", "history": [{"item_id": "x"}], "item_ids": ["x"]}, "history"),
        ({"user_id": "w3", "user_features": {"age": 3}, "item_ids": ["x"]}, "user_features"),
        ({"user_id": "", "item_ids": ["x"]}, "user_id"),
        ({"history": [{"item_id": "x"}] * 51, "item_ids": ["x"]}, "history"),
        ({}, "item_ids"),
    ],
)
def test_a_bad_request_for_scores_is_named(client: TestClient, body: dict[str, object], field: str) -> None:
    response = client.post("/v1/score", json=body)
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == field


def test_an_explanation_names_past_items_of_the_same_kind(client: TestClient) -> None:
    params = {"explain": "true", "k": 1}
    (first,) = client.get("/v1/users/w3/recommendations", params=params).json()["items"]
    assert first["item_id"] == war(3)
    assert 1 <= len(first["because"]) <= 3
    assert all(reason["item_id"].startswith("war-") for reason in first["because"])
    shares = [reason["share"] for reason in first["because"]]
    assert shares == sorted(shares, reverse=True)
    assert 0 < sum(shares) <= 1.001
    assert "War" in first["because"][0]["shared"]["genres"]


def test_nothing_is_explained_unasked(client: TestClient) -> None:
    (first,) = client.get("/v1/users/w3/recommendations", params={"k": 1}).json()["items"]
    assert first["because"] == []
    assert first["predicted_rating"] is not None


def test_each_stage_says_how_long_it_took(client: TestClient) -> None:
    answer = client.get("/v1/users/w3/recommendations").json()
    assert {"profile", "encode", "retrieve", "rank", "rerank", "present", "total"} <= answer["milliseconds"].keys()


def test_without_the_ranker_the_order_of_the_retrieval_stands(trained_too: Path, tmp_path: Path) -> None:
    folder = copytree(trained_too, tmp_path / "world")
    with open_service(Settings(data_dir=folder, ranker=False)) as service:
        answer = service.pipeline.recommend(Person("w3"), Selection(10))
    assert "rank" not in answer.milliseconds
    scores = [item.score for item in answer.items]
    assert scores == sorted(scores, reverse=True)
    assert all(-1 <= score <= 1 for score in scores)

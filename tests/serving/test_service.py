"""The application as a whole: health, degraded answers, headers, the page, its own description."""

import gc
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pharos.serving.app import create_app
from pharos.serving.parts import open_store
from pharos.serving.pipeline import Pipeline
from pharos.serving.settings import Settings
from tests.serving import world


@pytest.fixture
def unindexed(tmp_path: Path) -> Iterator[TestClient]:
    """A client of an application whose store is full and whose index is empty."""
    settings = Settings(data_dir=tmp_path / "unindexed")
    with open_store(settings) as store:
        store.import_dataset(world.dataset())
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


def test_a_living_process_says_so(client: TestClient) -> None:
    assert client.get("/healthz").json()["status"] == "ok"


def test_the_collector_of_garbage_passes_over_what_is_there_to_stay(unindexed: TestClient) -> None:
    assert unindexed.get("/healthz").status_code == 200
    assert gc.get_freeze_count() > 10_000


def test_a_ready_process_names_what_is_live(client: TestClient) -> None:
    ready = client.get("/readyz").json()
    assert ready["bundle"] in ready["collection"]


def test_a_process_that_is_not_ready_says_which_part_and_what_to_do(unindexed: TestClient) -> None:
    response = unindexed.get("/readyz")
    assert response.status_code == 503
    assert "pharos index" in response.json()["parts"]["live"]


@pytest.mark.parametrize("path", ["/v1/users/w3/recommendations", "/v1/items/war-1/similar", "/v1/search?q=battle"])
def test_without_an_index_the_store_answers_and_says_why(unindexed: TestClient, path: str) -> None:
    response = unindexed.get(path)
    assert response.status_code == 200
    answer = response.json()
    assert answer["degraded"]
    assert "no collection is live" in answer["degraded_reason"]
    assert len(answer["items"]) == 10
    assert answer["bundle"] is None


def test_a_degraded_answer_keeps_to_filter_and_exclusions(unindexed: TestClient) -> None:
    params = {"filter": "genres=War", "exclude": "war-3", "k": 60}
    answer = unindexed.get("/v1/users/t1/recommendations", params=params).json()
    assert {item["item_id"] for item in answer["items"]} == {f"war-{n}" for n in range(world.HALF)} - {"war-3"}


def test_a_degraded_process_still_knows_what_is_wrong_with_a_request(unindexed: TestClient) -> None:
    assert unindexed.get("/v1/items/nothing/similar").status_code == 404
    assert unindexed.get("/v1/popular?k=0").status_code == 422
    assert unindexed.get("/v1/popular?filter=colour%3Dred").status_code == 422


def test_a_collection_whose_bundle_is_not_here_is_not_ready_and_names_it(trained_too: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(trained_too, tmp_path / "data", ignore=shutil.ignore_patterns("bundles"))
    bundle = next((trained_too / "bundles").iterdir()).name
    with TestClient(create_app(Settings(data_dir=folder))) as client:
        response = client.get("/readyz")
        assert response.status_code == 503
        assert f"{bundle!r}, which is not here" in response.json()["parts"]["live"]
        assert len(client.get("/v1/users/w3/recommendations").json()["items"]) == 10


def test_an_index_that_goes_away_degrades_the_answers_and_is_named(unindexed: TestClient) -> None:
    unindexed.app.state.service.index.close()  # type: ignore[attr-defined]
    ready = unindexed.get("/readyz")
    assert ready.status_code == 503
    assert "closed" in ready.json()["parts"]["index"]
    assert len(unindexed.get("/v1/users/w3/recommendations").json()["items"]) == 10


def test_scores_without_the_index_are_refused_as_not_available(trained_too: Path, tmp_path: Path) -> None:
    with TestClient(create_app(Settings(data_dir=shutil.copytree(trained_too, tmp_path / "data")))) as client:
        client.app.state.service.index.close()  # type: ignore[attr-defined]
        response = client.post("/v1/score", json={"user_id": "w3", "item_ids": ["war-1"]})
        assert response.status_code == 503
        assert response.headers["retry-after"] == "1"
        assert "the vector index is closed" in response.json()["detail"]


def test_a_store_that_fails_is_no_failure_of_the_request(unindexed: TestClient, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "unindexed" / "pharos.db")) as connection:
        connection.execute("DROP TABLE items")
    response = unindexed.get("/v1/items/war-1")
    assert response.status_code == 503
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["retry-after"] == "1"
    assert "the store cannot be used" in response.json()["detail"]


def test_an_item_that_may_not_be_shown_is_in_no_list(unindexed: TestClient, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "unindexed" / "pharos.db")) as connection, connection:
        connection.execute("UPDATE items SET available = false WHERE id = 'war-3'")
    answer = unindexed.get("/v1/popular?k=60").json()
    assert len(answer["items"]) == 2 * world.HALF
    assert "war-3" not in {item["item_id"] for item in answer["items"]}
    assert unindexed.get("/v1/items/war-3").json()["available"] is False


def test_a_failure_of_ours_shows_nothing_of_its_cause(
    unindexed: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the password is swordfish")

    monkeypatch.setattr(Pipeline, "popular", fail)
    response = unindexed.get("/v1/popular")
    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "swordfish" not in response.text
    assert "Traceback" not in response.text
    assert "swordfish" in caplog.text  # who runs the server can read it


def test_degraded_recommendations_hold_nothing_that_was_seen(unindexed: TestClient) -> None:
    items = unindexed.get("/v1/users/w3/recommendations?k=30").json()["items"]
    assert {item["item_id"] for item in items} & {"war-1", "war-2"} == set()


@pytest.mark.parametrize("path", ["/", "/healthz", "/v1/popular", "/v1/items/nothing", "/docs"])
def test_every_answer_carries_the_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"


def test_the_page_loads_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/").text
    assert "<script" in page
    assert not re.findall(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", page)


def test_the_description_names_every_path_with_its_problems(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert "/v1/users/{user_id}/recommendations" in document["paths"]
    for path in document["paths"].values():
        for operation in path.values():
            assert "application/problem+json" in operation["responses"]["default"]["content"]

"""Why an item is in a list, or at which stage it fell, over HTTP."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from pharos.serving.app import create_app
from pharos.serving.rule_settings import Rule
from pharos.serving.settings import Settings
from tests.serving.world import HALF, toy, war

STAGES = ["eligible", "filter", "unseen", "retrieved", "ranked", "rules", "diversity", "new items", "list"]


@pytest.fixture(scope="module")
def own(trained_too: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client that may change things, of an application with a rule for each kind."""
    folder = shutil.copytree(trained_too, tmp_path_factory.mktemp("own") / "world")
    rules = (Rule(when=("genres=Animation",), bury=0.5), Rule(when=("year=1983",), boost=0.2))
    with TestClient(create_app(Settings(data_dir=folder, rules=rules))) as client:
        yield client


def explained(client: TestClient, item_id: str, **body: Any) -> dict[str, Any]:
    response = client.post("/v1/explain", json={"item_id": item_id, **body})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def told(answer: dict[str, Any], stage: str) -> str:
    (found,) = [entry for entry in answer["stages"] if entry["stage"] == stage]
    return f"{found['outcome']}: {found['detail']}"


@pytest.mark.parametrize("diversity", [0.0, 0.6])
@pytest.mark.parametrize("user", ["w3", "t7", "nobody"])
def test_the_place_of_every_item_is_the_one_that_it_has_in_the_list(
    client: TestClient, user: str, diversity: float
) -> None:
    listed = client.get(f"/v1/users/{user}/recommendations", params={"k": 8, "diversity": diversity}).json()["items"]
    places = {item["item_id"]: item["rank"] for item in listed}
    for item_id in [name(number) for name in (war, toy) for number in range(0, HALF, 3)]:
        answer = explained(client, item_id, user_id=user, k=8, diversity=diversity)
        assert answer["rank"] == places.get(item_id)
        assert (answer["fell_at"] is None) == (item_id in places)


def test_an_item_of_the_list_passes_every_stage_and_has_its_reasons(client: TestClient) -> None:
    answer = explained(client, war(3), user_id="w3", k=5)
    assert [stage["stage"] for stage in answer["stages"]] == STAGES
    assert {stage["outcome"] for stage in answer["stages"]} == {"passed"}
    assert answer["summary"] == "It is at place 1 of the list."
    assert answer["because"][0]["item_id"].startswith("war-")
    assert "taste has it at 1" in told(answer, "retrieved")


def test_what_the_person_has_had_falls_there_and_is_not_followed_further(client: TestClient) -> None:
    answer = explained(client, war(4), user_id="w3")
    assert answer["fell_at"] == "unseen"
    assert told(answer, "unseen") == "fell: The person has had it already."
    assert told(answer, "list") == "skipped: Not reached."
    assert "the person has had it already" in answer["summary"]


def test_the_condition_of_a_filter_that_an_item_fails_is_named(client: TestClient) -> None:
    conditions = {"year": {"gte": 1900}, "genres": {"any": ["Animation"]}}
    answer = explained(client, war(3), user_id="w3", filter=conditions)
    assert answer["fell_at"] == "filter"
    assert told(answer, "filter") == "fell: The filter wants genres with any of Animation, and it has War, Drama."


def test_what_a_request_excludes_falls_there(client: TestClient) -> None:
    assert explained(client, war(3), user_id="w3", exclude=[war(3)])["fell_at"] == "unseen"


def test_an_item_behind_the_end_of_the_list_says_its_place(client: TestClient) -> None:
    second = client.get("/v1/users/w3/recommendations", params={"k": 2}).json()["items"][1]["item_id"]
    answer = explained(client, second, user_id="w3", k=1)
    assert answer["fell_at"] == "diversity"
    assert "It is at place 2, and the list has 1." in told(answer, "diversity")


def test_an_anonymous_history_is_explained_too(client: TestClient) -> None:
    history = [{"item_id": war(number), "rating": 5.0} for number in range(5)]
    assert explained(client, war(9), history=history)["rank"] is not None
    assert explained(client, war(1), history=history)["fell_at"] == "unseen"


def test_an_ignored_item_says_so(own: TestClient) -> None:
    own.put(f"/v1/users/w5/ignored/{war(5)}")
    assert told(explained(own, war(5), user_id="w5"), "unseen").endswith("on the list of ignored items.")


def test_an_item_that_is_not_available_is_not_eligible(own: TestClient) -> None:
    own.patch(f"/v1/items/{war(6)}", json={"available": False})
    answer = explained(own, war(6), user_id="w6")
    assert answer["fell_at"] == "eligible"
    assert "not available" in answer["summary"]


def test_the_rules_about_an_item_are_named(own: TestClient) -> None:
    assert "genres=Animation: lowered" in told(explained(own, toy(8), user_id="w8", k=40), "rules")
    assert "year=1983: lifted" in told(explained(own, war(3), user_id="w3"), "rules")
    assert told(explained(own, "lone", user_id="w8", k=40), "rules") == "passed: No business rule is about it."


def test_an_item_that_has_its_place_as_a_new_one_says_so(own: TestClient) -> None:
    own.put("/v1/items/fresh", json={"title": "Toy Box Again", "features": {"genres": ["Animation"]}})
    body = {"user_id": "w9", "k": 3, "new_share": 0.5}
    listed = own.get("/v1/users/w9/recommendations", params={"k": 3, "new_share": 0.5}).json()["items"]
    sources = {item["item_id"]: item["source"] for item in listed}
    assert "new" in sources.values()
    (new,) = [item_id for item_id, source in sources.items() if source == "new"][:1]
    answer = explained(own, new, **body)
    assert answer["rank"] is not None
    assert answer["source"] == "new"


def test_an_unknown_item_is_a_problem(client: TestClient) -> None:
    response = client.post("/v1/explain", json={"item_id": "nothing", "user_id": "w3"})
    assert response.status_code == 404
    assert "nothing" in response.json()["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "item_id"),
        ({"item_id": "war-1", "user_id": "w3", "history": [{"item_id": "war-2"}]}, "history"),
        ({"item_id": "war-1", "k": 10_000}, "k"),
        ({"item_id": "war-1", "new_share": 2}, "new_share"),
        ({"item_id": "war-1", "filter": {"colour": "red"}}, "filter.colour"),
    ],
)
def test_a_bad_request_names_its_field(client: TestClient, body: dict[str, object], field: str) -> None:
    response = client.post("/v1/explain", json=body)
    assert response.status_code == 422
    assert field in response.text

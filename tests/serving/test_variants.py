"""Several bundles are live together: each user is answered by one of them, always the same."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pharos.serving.app import create_app
from pharos.serving.errors import SettingsError
from pharos.serving.index_sync.variants import Variants
from pharos.serving.operations.reindex import reindex
from pharos.serving.settings import Settings, load_settings
from pharos.towers.progress import Silent
from tests.serving import world
from tests.serving.reindexing_world import FIRST, SECOND, prepared

SHARES = {"a": {"alias": "items", "share": 0.5}, "b": {"alias": "items-b", "share": 0.5}}


@pytest.fixture(scope="module")
def both(bundles: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of an application in which one bundle answers one half of the users, another one the other half."""
    with prepared(bundles, tmp_path_factory.mktemp("variants"), "") as made:
        settings = Settings(data_dir=made.data_dir, variants=SHARES)
        reindex(settings, FIRST, Silent(), "a")
        reindex(settings, SECOND, Silent(), "b")
        with TestClient(create_app(settings)) as client:
            yield client


def test_each_user_has_a_variant_and_keeps_it(both: TestClient) -> None:
    answers = [both.get(f"/v1/users/w{number % 20}/recommendations").json() for number in range(40)]
    assert {answer["degraded"] for answer in answers} == {False}
    assert {(answer["variant"], answer["bundle"]) for answer in answers} == {("a", FIRST), ("b", SECOND)}
    assert [answer["variant"] for answer in answers[:20]] == [answer["variant"] for answer in answers[20:]]


@pytest.mark.parametrize(("variant", "bundle"), [("a", FIRST), ("b", SECOND)])
def test_a_request_can_name_the_variant(both: TestClient, variant: str, bundle: str) -> None:
    asked = {"history": [{"item_id": world.war(1)}], "variant": variant}
    for answer in (
        both.get(f"/v1/users/w3/recommendations?variant={variant}"),
        both.get(f"/v1/items/{world.war(1)}/similar?variant={variant}"),
        both.post("/v1/recommendations", json=asked),
    ):
        assert (answer.json()["variant"], answer.json()["bundle"]) == (variant, bundle)


def test_who_is_no_user_is_answered_by_the_first_variant(both: TestClient) -> None:
    assert both.get(f"/v1/items/{world.war(1)}/similar").json()["variant"] == "a"


def test_an_unknown_variant_is_refused_with_the_known_ones(both: TestClient, client: TestClient) -> None:
    refused = both.get("/v1/popular?variant=c")
    assert (refused.status_code, refused.json()["errors"][0]["allowed"]) == (422, "one of a, b")
    assert client.get("/v1/popular?variant=a").json()["errors"][0]["allowed"] == "none: there is one alone"
    assert both.post("/v1/reindex", json={"variant": "c"}).status_code == 422
    assert both.post("/v1/rollback?variant=c").status_code == 422


def test_a_written_item_comes_to_every_variant(both: TestClient) -> None:
    body = {"title": "Everywhere", "features": {"year": 2031, "genres": ["War"]}}
    assert both.put("/v1/items/everywhere", json=body).json()["indexed"]
    for variant in SHARES:
        wanted = {"history": [{"item_id": world.war(1)}], "filter": {"year": {"gte": 2031}}, "k": 1, "variant": variant}
        (item,) = both.post("/v1/recommendations", json=wanted).json()["items"]
        assert item["item_id"] == "everywhere"
        assert item["source"] in {"personal", "neighbours", "content"}


def test_without_variants_no_answer_names_one(client: TestClient) -> None:
    assert client.get("/v1/users/w3/recommendations").json()["variant"] is None


def test_shares_hold_over_many_users() -> None:
    variants = Variants(dict.fromkeys("ab"), {"a": 0.9, "b": 0.1})  # type: ignore[arg-type]
    chosen = [variants.choose(f"user {number}")[0] for number in range(10_000)]
    assert 0.08 < chosen.count("b") / len(chosen) < 0.12


@pytest.mark.parametrize(
    ("variants", "message"),
    [
        ({"a": {"alias": "items", "share": 0.5}}, "shares must be 1 together, and are 0.5"),
        ({**SHARES, "b": {"alias": "items", "share": 0.5}}, "an alias of its own"),
        ({"a b": {"alias": "items", "share": 1}}, "'a b' is no name for a variant"),
        ({"a": {"alias": "items", "share": 2}}, "less than or equal to 1"),
    ],
)
def test_variants_that_make_no_sense_are_refused(variants: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        load_settings(variants=variants)


def test_variants_can_be_set_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "pharos.toml").write_text("[variants]\na = { alias = 'items', share = 1.0 }\n")
    assert load_settings().live["a"].alias == "items"

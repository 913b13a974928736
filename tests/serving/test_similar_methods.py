"""Similar items by one method, asked for by name."""

import pytest
from starlette.testclient import TestClient

from pharos.serving.errors import UnknownItem
from pharos.serving.pipeline.eligible import Eligible
from pharos.serving.pipeline.requests import Selection, SimilarMethod
from pharos.serving.pipeline.written_alike import FindWrittenAlike
from pharos.serving.store import NewItem, Store
from tests.serving.world import toy, war


def similar(client: TestClient, item: str, **params: object) -> list[str]:
    response = client.get(f"/v1/items/{item}/similar", params=params)
    assert response.status_code == 200, response.text
    return [found["item_id"] for found in response.json()["items"]]


@pytest.mark.parametrize("method", list(SimilarMethod))
def test_each_method_finds_films_of_the_same_half(client: TestClient, method: str) -> None:
    found = similar(client, war(1), method=method, k=5)
    assert len(found) == 5
    assert war(1) not in found
    assert all(item.startswith("war-") for item in found)


@pytest.mark.parametrize("method", list(SimilarMethod))
def test_each_method_heeds_filter_and_exclusions(client: TestClient, method: str) -> None:
    found = similar(client, war(1), method=method, k=5, filter="year>=1990", exclude=war(12))
    assert found
    assert all(int(item.partition("-")[2]) >= 10 for item in found)
    assert war(12) not in found


@pytest.mark.parametrize("method", ["tfidf", "soup"])
def test_an_item_of_which_nothing_is_written_is_like_none(client: TestClient, method: str) -> None:
    assert similar(client, "lone", method=method) == []


def test_an_unknown_method_is_refused_with_those_there_are(client: TestClient) -> None:
    response = client.get(f"/v1/items/{war(1)}/similar", params={"method": "magic"})
    assert response.status_code == 422
    assert all(method in response.json()["detail"] for method in SimilarMethod)


def test_an_unknown_item_is_not_found_by_any_method(client: TestClient) -> None:
    for method in SimilarMethod:
        assert client.get("/v1/items/nothing/similar", params={"method": method}).status_code == 404


@pytest.fixture
def find(store: Store) -> FindWrittenAlike:
    return FindWrittenAlike(store, Eligible(store))


def test_an_item_written_just_now_is_compared_at_once(find: FindWrittenAlike, store: Store) -> None:
    assert find(toy(1), SimilarMethod.SOUP, Selection(3))
    store.put_items([NewItem("new", "New", {"genres": ["Animation"]})])
    assert {found.item_id[:3] for found in find("new", SimilarMethod.SOUP, Selection(3))} == {"toy"}


def test_a_hidden_item_is_not_found(find: FindWrittenAlike, store: Store) -> None:
    (first,) = find(toy(1), SimilarMethod.TFIDF, Selection(1))
    store.patch_item(first.item_id, available=False)
    assert first.item_id not in [found.item_id for found in find(toy(1), SimilarMethod.TFIDF, Selection(40))]


def test_a_catalogue_too_large_to_compare_is_not_offered(store: Store) -> None:
    assert FindWrittenAlike(store, Eligible(store), most=40).offered() == []


def test_a_store_without_texts_and_labels_offers_neither(empty_store: Store) -> None:
    assert FindWrittenAlike(empty_store, Eligible(empty_store)).offered() == []


def test_what_was_deleted_is_unknown(find: FindWrittenAlike) -> None:
    with pytest.raises(UnknownItem):
        find("nothing", SimilarMethod.SOUP, Selection(3))


def test_a_method_that_is_not_offered_is_refused_with_those_that_are(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FindWrittenAlike, "offered", lambda _: [SimilarMethod.SOUP])
    response = client.get(f"/v1/items/{war(1)}/similar", params={"method": "tfidf"})
    assert response.status_code == 422
    assert "one of blend, tower, neighbours, text, soup" in response.json()["errors"][0]["allowed"]

"""Recommendations over HTTP, from a trained and indexed world."""

import pytest
from starlette.testclient import TestClient

from tests.serving.world import HALF, toy, war


def ids(answer: dict) -> list[str]:
    return [item["item_id"] for item in answer["items"]]


def recommended(client: TestClient, user: str = "w3", **params: object) -> dict:
    response = client.get(f"/v1/users/{user}/recommendations", params=params)
    assert response.status_code == 200, response.text
    return response.json()


def after(client: TestClient, history: list[str], **body: object) -> dict:
    entries = [{"item_id": item} for item in history]
    response = client.post("/v1/recommendations", json={"history": entries, **body})
    assert response.status_code == 200, response.text
    return response.json()


@pytest.mark.parametrize(("user", "missing"), [("w3", war(3)), ("t5", toy(5))])
def test_a_user_gets_the_one_film_of_their_half_that_they_lack(client: TestClient, user: str, missing: str) -> None:
    assert ids(recommended(client, user))[0] == missing


def test_nothing_that_was_seen_is_recommended(client: TestClient) -> None:
    seen = {war(number) for number in range(HALF) if number != 3}
    assert not seen & set(ids(recommended(client, k=60)))


def test_a_list_is_as_long_as_asked_and_holds_nothing_twice(client: TestClient) -> None:
    answer = recommended(client, k=15)
    assert len(set(ids(answer))) == 15
    assert [item["rank"] for item in answer["items"]] == list(range(1, 16))


def test_a_list_ends_where_the_catalogue_does(client: TestClient) -> None:
    assert len(ids(recommended(client, k=60))) == 2 * HALF + 1 - (HALF - 1)


def test_every_answer_says_which_bundle_and_collection_gave_it_and_how_long_it_took(client: TestClient) -> None:
    answer = recommended(client)
    assert answer["bundle"] in answer["collection"]
    assert not answer["degraded"]
    assert {"profile", "encode", "retrieve", "rerank", "present", "total"} <= set(answer["milliseconds"])


@pytest.mark.parametrize("user", ["nobody knows me", "quiet"])
def test_a_user_without_events_gets_popular_and_personal_items(client: TestClient, user: str) -> None:
    answer = recommended(client, user)
    assert {item["source"] for item in answer["items"]} == {"popular", "personal"}
    assert len(ids(answer)) == 10


def test_an_anonymous_history_gives_more_of_the_same_half(client: TestClient) -> None:
    answer = after(client, [toy(1), toy(2), toy(3)], k=5)
    assert all(item_id.startswith("toy-") for item_id in ids(answer))
    assert not {toy(1), toy(2), toy(3)} & set(ids(answer))


def test_a_history_with_timestamps_is_read_in_their_order(client: TestClient) -> None:
    films = [toy(number) for number in range(5)] + [war(number) for number in range(3)]
    stamped = [{"item_id": item, "timestamp": 1_000_000 + place} for place, item in enumerate(films)]
    forwards, backwards = (
        client.post("/v1/recommendations", json={"history": history}).json()["items"]
        for history in (stamped, stamped[::-1])
    )
    assert forwards == backwards
    untimed = client.post("/v1/recommendations", json={"history": [{"item_id": item} for item in films[::-1]]})
    assert untimed.json()["items"] != forwards


def test_of_a_long_history_the_newest_events_count(client: TestClient) -> None:
    films = [toy(number) for number in range(HALF)] + [war(number) for number in range(HALF)]

    def score_of_the_last_one(history: list[str]) -> float:
        body = {"history": [{"item_id": item} for item in history], "item_ids": ["lone", toy(1), war(1)]}
        return float(client.post("/v1/score", json=body).json()["items"][0]["score"])

    # Towers read thirty events and neighbours more, which fade: what came before the newest changes little.
    newest = score_of_the_last_one(films[-30:])
    others = score_of_the_last_one(films[:30])
    assert abs(score_of_the_last_one(films) - newest) < abs(others - newest)


def test_what_is_known_of_a_person_is_taken(client: TestClient) -> None:
    assert len(ids(after(client, [toy(1)], user_features={"age": 30}))) == 10


def test_unknown_items_of_a_history_are_named_and_left_out(client: TestClient) -> None:
    answer = after(client, [toy(1), "never heard of", toy(2)])
    assert answer["unknown_items"] == ["never heard of"]
    assert len(ids(answer)) == 10


def test_a_history_of_unknown_items_alone_is_no_error(client: TestClient) -> None:
    assert len(ids(after(client, ["never", "heard of"]))) == 10


def test_an_empty_request_is_a_person_of_whom_nothing_is_known(client: TestClient) -> None:
    assert len(ids(after(client, []))) == 10


def test_a_filter_that_nothing_passes_gives_an_empty_list(client: TestClient) -> None:
    assert ids(recommended(client, filter="year>=2500")) == []


def test_a_field_that_an_item_lacks_is_absent(client: TestClient) -> None:
    answer = recommended(client, k=60, fields=["year", "language"])
    fields = {item["item_id"]: item["fields"] for item in answer["items"]}
    assert fields[toy(HALF - 1)] == {}
    assert fields[toy(1)] == {"year": 1981, "language": "fr"}


def test_a_filter_leaves_only_what_it_allows(client: TestClient) -> None:
    answer = recommended(client, filter=["genres=Animation", "year>=1990"], fields=["genres", "year"])
    assert ids(answer)
    for item in answer["items"]:
        assert "Animation" in item["fields"]["genres"]
        assert item["fields"]["year"] >= 1990


def test_a_filter_of_a_body_is_the_same_filter(client: TestClient) -> None:
    answer = after(client, [war(1)], filter={"genres": {"none": ["War", "Animation"]}}, k=5)
    assert ids(answer) == ["lone"]


def test_excluded_items_do_not_come(client: TestClient) -> None:
    best = ids(recommended(client))[:2]
    assert not set(best) & set(ids(recommended(client, exclude=best)))


def test_similar_items_are_of_the_same_half_and_never_the_item_itself(client: TestClient) -> None:
    answer = client.get(f"/v1/items/{war(4)}/similar", params={"k": 10}).json()
    assert war(4) not in ids(answer)
    assert sum(item_id.startswith("war-") for item_id in ids(answer)) >= 9


def test_similar_items_end_where_the_catalogue_does(client: TestClient) -> None:
    answer = client.get(f"/v1/items/{war(4)}/similar", params={"k": 60}).json()
    everything = {name(number) for number in range(HALF) for name in (war, toy)} | {"lone"}
    assert sorted(ids(answer)) == sorted(everything - {war(4)})


def test_similar_items_keep_to_filter_and_exclusions(client: TestClient) -> None:
    params = {"k": 60, "filter": "genres=War", "exclude": [war(1), war(2)]}
    answer = client.get(f"/v1/items/{war(4)}/similar", params=params).json()
    assert set(ids(answer)) == {war(number) for number in range(HALF)} - {war(1), war(2), war(4)}


def test_popular_items_come_without_any_vector(client: TestClient) -> None:
    answer = client.get("/v1/popular", params={"filter": "genres=War", "k": 5}).json()
    assert len(ids(answer)) == 5
    assert all(item["source"] == "popular" for item in answer["items"])
    assert answer["bundle"] is None


def test_popular_items_are_in_the_order_of_the_weighted_rating(client: TestClient) -> None:
    answer = client.get("/v1/popular", params={"k": 60}).json()
    # All films but "lone" have 19 ratings, which are all 3, all 4 or all 5; nobody has rated "lone".
    assert ids(answer)[-1] == "lone"
    ratings = [3 + int(item_id.split("-")[1]) % 3 for item_id in ids(answer)[:-1]]
    assert ratings == sorted(ratings, reverse=True)
    assert len(ratings) == 2 * HALF


def test_popular_items_can_be_excluded(client: TestClient) -> None:
    best = ids(client.get("/v1/popular", params={"k": 3}).json())
    rest = ids(client.get("/v1/popular", params={"k": 60, "exclude": best}).json())
    assert not set(best) & set(rest)
    assert len(rest) == 2 * HALF + 1 - 3


def test_a_title_is_found_by_its_beginning(client: TestClient) -> None:
    assert ids(client.get("/v1/search", params={"q": "lone tr"}).json())[0] == "lone"


def test_a_meaning_is_found_without_any_word_of_the_title(client: TestClient) -> None:
    answer = client.get("/v1/search", params={"q": "playthings that are alive", "k": 5}).json()
    assert all(item_id.startswith("toy-") for item_id in ids(answer))
    assert {item["source"] for item in answer["items"]} == {"text"}


def test_titles_that_merely_begin_with_the_text_fill_half_of_a_search(client: TestClient) -> None:
    answer = client.get("/v1/search", params={"q": "battle of the", "k": 10}).json()
    assert [item["source"] for item in answer["items"]] == ["title"] * 5 + ["text"] * 5
    assert len(set(ids(answer))) == 10


def test_a_search_keeps_to_filter_and_exclusions(client: TestClient) -> None:
    params = {"q": "battle of the hills", "k": 60, "filter": "genres=Drama", "exclude": war(1)}
    found = ids(client.get("/v1/search", params=params).json())
    assert war(3) in found
    assert war(1) not in found
    assert all(int(item_id.split("-")[1]) % 2 for item_id in found)


def test_an_item_is_told_with_all_that_is_known_of_it(client: TestClient) -> None:
    item = client.get(f"/v1/items/{war(1)}").json()
    assert item["title"] == "Battle of the Hills 1"
    assert item["features"]["genres"] == ["War", "Drama"]
    assert item["available"] is True

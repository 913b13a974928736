"""Charts of the store: by weighted rating, by count of events, and what rises."""

import numpy as np
import pytest
from starlette.testclient import TestClient

from pharos.classics.trending import ChartOrder, Window, rising
from pharos.classics.weighted_rating import Votes, WeightedRating
from pharos.indexing.filters import Filter, check, parse_expressions
from pharos.serving.errors import NotOffered
from pharos.serving.pipeline.charts import RetrieveChart
from pharos.serving.pipeline.eligible import Eligible
from pharos.serving.pipeline.requests import Selection
from pharos.serving.store import Store, UserEvent
from tests.serving import world

DAY = 86_400
NOW = 100 * DAY
LAST = 1_000_000 + 1000 * 19 + 19


def chart(
    store: Store, order: ChartOrder, since: str | None = None, k: int = 50, filter: Filter | None = None, now: int = NOW
) -> list[tuple[str, float]]:
    found = RetrieveChart(store, Eligible(store), 0, lambda: now)(order, since, Selection(k, filter or Filter()))
    return [(candidate.item_id, candidate.score) for candidate in found]


def views(store: Store, item: str, day: float, many: int) -> None:
    """So many people look at an item on a day."""
    store.add_events([UserEvent(f"viewer {day} {n}", item, "view", None, int(day * DAY) + n) for n in range(many)])


def test_what_happened_in_the_window_counts_and_nothing_before(store: Store) -> None:
    views(store, world.toy(1), 98.5, 3)
    views(store, world.toy(2), 99.5, 2)
    views(store, world.toy(2), 90, 9)
    assert chart(store, ChartOrder.EVENTS, "7d") == [(world.toy(1), 3.0), (world.toy(2), 2.0)]


def test_an_event_in_the_future_moves_no_window(store: Store) -> None:
    views(store, world.toy(1), 99, 2)
    views(store, world.toy(2), 5000, 2)
    assert chart(store, ChartOrder.EVENTS, "7d") == [(world.toy(1), 2.0)]


def test_what_rises_is_what_the_data_set_tells(store: Store) -> None:
    data = world.dataset()
    window = Window.since("2h", data)
    scores = rising(data, window)
    expected = {item: score for item, score in zip(data.items["item_id"], scores.tolist(), strict=True) if score > 0}
    assert expected
    assert dict(chart(store, ChartOrder.RISING, "2h", now=LAST + 1)) == pytest.approx(expected)


def test_what_went_out_of_sight_is_part_of_what_there_was_before(store: Store) -> None:
    for item in (world.toy(1), world.toy(2)):
        views(store, item, 90 if item == world.toy(1) else 90.1, 4)
    views(store, world.toy(1), 98, 4)
    # Of 8 events before 4 are left, so that 4 of then let 2 expect.
    assert chart(store, ChartOrder.RISING, "7d") == [(world.toy(1), pytest.approx(2 / np.sqrt(3)))]


def test_the_chart_by_rating_is_that_of_the_data_set(store: Store) -> None:
    data = world.dataset()
    made = WeightedRating().chart(Votes.of_ratings(data))
    expected = dict(zip(data.items["item_id"].iloc[made.items], made.scores.tolist(), strict=True))
    assert dict(chart(store, ChartOrder.RATING)) == pytest.approx(expected)


def test_a_filter_draws_its_own_mean(store: Store) -> None:
    data = world.dataset()
    allowed = np.array(["War" in genres for genres in data.items["genres"]])
    made = WeightedRating().chart(Votes.of_ratings(data), allowed)
    found = chart(store, ChartOrder.RATING, filter=check(parse_expressions(["genres=War"]), world.SCHEMA))
    assert [score for _, score in found] == pytest.approx(made.scores.tolist())
    assert all(item.startswith("war") for item, _ in found)


def test_hidden_items_are_not_listed(store: Store) -> None:
    views(store, world.toy(1), 99, 2)
    views(store, world.toy(2), 99.1, 1)
    store.patch_item(world.toy(1), available=False)
    assert chart(store, ChartOrder.EVENTS, "7d") == [(world.toy(2), 1.0)]


def test_a_store_without_events_has_an_empty_chart(empty_store: Store) -> None:
    assert chart(empty_store, ChartOrder.EVENTS, "7d") == []


@pytest.mark.parametrize(
    ("order", "since", "told"),
    [
        (ChartOrder.RISING, None, "rising with since"),
        (ChartOrder.EVENTS, "soon", "hours, days or weeks"),
        (ChartOrder.RISING, "52w", "there are no events in the window before"),
    ],
)
def test_what_cannot_be_told_is_refused_with_what_can(
    store: Store, order: ChartOrder, since: str | None, told: str
) -> None:
    with pytest.raises(NotOffered, match=told):
        chart(store, order, since)


def test_without_ratings_there_is_no_chart_by_rating(empty_store: Store) -> None:
    with pytest.raises(NotOffered, match="there are no ratings"):
        chart(empty_store, ChartOrder.RATING)


def test_a_chart_is_asked_for_over_http(client: TestClient) -> None:
    answer = client.get("/v1/popular", params={"since": "2h", "k": 3}).json()
    assert [item["rank"] for item in answer["items"]] == [1, 2, 3]
    assert client.get("/v1/popular", params={"order": "rating", "k": 3}).status_code == 200
    assert client.get("/v1/popular", params={"since": "2h", "order": "rising"}).status_code == 200


@pytest.mark.parametrize("params", [{"order": "rising"}, {"since": "never"}, {"order": "best"}], ids=str)
def test_a_chart_that_there_is_none_of_is_refused_over_http(client: TestClient, params: dict[str, str]) -> None:
    response = client.get("/v1/popular", params=params)
    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert error["field"] == next(iter(params))
    assert error["allowed"]

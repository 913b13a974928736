"""Popular items are counted once for many requests, and filtered as the store is at the moment."""

import pytest

from pharos.indexing.filters import Filter, check, parse_expressions
from pharos.serving.pipeline.popular import RetrievePopular
from pharos.serving.pipeline.requests import Selection
from pharos.serving.store import Store
from tests.serving import world

HEAD = 12


def war_films() -> Filter:
    return check(parse_expressions(["genres=War"]), world.SCHEMA)


def listed(retrieve: RetrievePopular, limit: int, filter: Filter, exclude: frozenset[str] = frozenset()) -> list[str]:
    return [item.item_id for item in retrieve(limit, Selection(limit, filter, exclude))]


@pytest.fixture
def retrieve(store: Store) -> RetrievePopular:
    """Keeps what it counted for as long as a test lasts."""
    return RetrievePopular(store, keep_seconds=3600, head=HEAD)


@pytest.mark.parametrize("limit", [3, HEAD + 5])
def test_a_filtered_list_is_that_of_the_whole_catalogue(store: Store, retrieve: RetrievePopular, limit: int) -> None:
    counted = [item.item_id for item in store.popular(limit + 1, war_films())]
    assert listed(retrieve, limit, war_films()) == counted[:limit]
    assert listed(retrieve, limit, war_films(), frozenset(counted[:1])) == counted[1 : limit + 1]


def test_an_item_that_no_longer_passes_leaves_the_list_at_once(store: Store, retrieve: RetrievePopular) -> None:
    first, second, *_ = listed(retrieve, 5, war_films())
    store.patch_item(first, features={"genres": ["Love"]})
    assert listed(retrieve, 5, war_films())[0] == second


def test_an_item_that_begins_to_pass_is_found_where_the_list_has_room(store: Store, retrieve: RetrievePopular) -> None:
    everything = len(store.popular(1000))
    before = listed(retrieve, everything, war_films())
    other = next(item.item_id for item in store.popular(1000) if item.item_id not in before)
    store.patch_item(other, features={"genres": ["War"]})
    assert set(listed(retrieve, everything, war_films())) == {*before, other}

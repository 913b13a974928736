"""Lists of items, users and events page by page, merging, and all that is stored of a person; on each database."""

import random
import threading
from collections.abc import Callable, Iterator

import pytest

from pharos.indexing.filters import Filter, check, parse_expression
from pharos.serving.store import NewItem, Store, StoredEvent, UserEvent
from pharos.serving.store.user_writes import MOST_REPEATS
from tests.serving.test_store_user_writes import counts, recounted, view
from tests.serving.world import SCHEMA, toy, war


def item_pages(store: Store, size: int, filter: Filter | None = None) -> Iterator[list[str]]:
    after: str | None = None
    while page := store.list_items(size, after, filter):
        yield [record.item_id for record in page]
        after = page[-1].item_id


def event_pages(store: Store, size: int) -> Iterator[list[StoredEvent]]:
    after: int | None = None
    while page := store.list_events(size, after):
        yield page
        after = page[-1].number


def flat(pages: Iterator[list[str]]) -> list[str]:
    return [row for page in pages for row in page]


@pytest.mark.parametrize("size", [1, 7, 41, 100])
def test_the_pages_hold_each_item_once_in_the_order_of_ids(store: Store, size: int) -> None:
    ids = flat(item_pages(store, size))
    assert len(ids) == 41
    assert ids == sorted(set(ids))


def test_the_order_of_ids_is_the_same_in_every_database(store: Store) -> None:
    ids = ["A", "a", "B", "é", "ß", "Z", "007", "a/b", "🎬", "_"]
    store.put_items([NewItem(item_id, "Title", {}) for item_id in ids])
    assert [item_id for item_id in flat(item_pages(store, 3)) if item_id in ids] == sorted(ids, key=str.encode)


def test_what_is_there_throughout_is_in_exactly_one_page_whatever_is_written(store: Store) -> None:
    chance = random.Random(7)
    throughout = {item_id for item_id in flat(item_pages(store, 50)) if chance.random() < 0.5}
    found: list[str] = []
    for page in item_pages(store, 3):
        found += page
        for item_id in chance.sample(sorted(throughout), 3):
            store.patch_item(item_id, title=f"Title {chance.random()}")
        store.put_items([NewItem(f"{chance.random()}", "New", {})])
        others = [item_id for item_id in flat(item_pages(store, 50)) if item_id not in throughout]
        store.delete_item(chance.choice(others))
    assert len(found) == len(set(found))
    assert throughout <= set(found)


def test_a_list_of_items_keeps_to_its_filter(store: Store) -> None:
    wanted = check(parse_expression("genres=War"), SCHEMA)
    assert sorted(flat(item_pages(store, 6, wanted))) == sorted(war(number) for number in range(20))


def test_users_come_with_what_is_known_of_them(store: Store) -> None:
    store.ignore("quiet", toy(1))
    store.ignore("quiet", toy(2))
    users, after = {}, None
    while page := store.list_users(9, after):
        users |= {user.user_id: user for user in page}
        after = page[-1].user_id
    assert len(users) == store.counts().users
    assert users == {user_id: store.user(user_id) for user_id in users}
    assert users["quiet"].ignored == (toy(1), toy(2))


def test_events_are_listed_once_each_while_others_come_and_go(store: Store) -> None:
    before = {(event.user_id, event.item_id) for page in event_pages(store, 500) for event in page}
    assert len(before) == 760
    found: list[StoredEvent] = []
    for place, page in enumerate(event_pages(store, 100)):
        found += page
        if place < 5:
            store.add_events([view("anna", war(place))])
            store.delete_user(f"w{place}")
    assert len({event.number for event in found}) == len(found)
    stayed = {pair for pair in before if pair[0] not in {f"w{place}" for place in range(5)}}
    assert stayed <= {(event.user_id, event.item_id) for event in found}


def test_events_of_a_user_come_by_their_time(store: Store) -> None:
    store.add_events([view("anna", war(1), 9), view("anna", war(2), 3), view("anna", war(3), 9), view("bert", war(4))])
    first = store.list_events_of("anna", 2)
    second = store.list_events_of("anna", 2, (first[-1].timestamp, first[-1].number))
    assert [event.item_id for event in [*first, *second]] == [war(2), war(1), war(3)]
    assert store.list_events_of("nobody", 10) == []


def test_a_deleted_event_counts_no_more_and_all_others_stay(store: Store) -> None:
    store.add_events([view("anna", war(1), 1), view("anna", war(1), 2), UserEvent("anna", war(1), "rating", 4.0, 1)])
    assert store.delete_event("anna", war(1), "view", 1)
    assert [(event.type, event.timestamp) for event in store.list_events_of("anna", 9)] == [("rating", 1), ("view", 2)]
    assert not store.delete_event("anna", war(1), "view", 1)
    assert not store.delete_event("bert", war(1), "view", 2)
    assert counts(store) == recounted(store)


def test_all_that_is_stored_of_a_person_is_told(store: Store) -> None:
    store.put_user("anna", {"age": 33})
    store.add_events([view("anna", war(1), 5), UserEvent("anna", war(2), "rating", 2.5, 4)])
    store.ignore("anna", toy(1))
    data = store.personal_data("anna")
    assert data is not None
    assert data.features == {"age": 33}
    told = [(event.item_id, event.type, event.value, event.timestamp) for event in data.events]
    assert told == [(war(2), "rating", 2.5, 4), (war(1), "view", None, 5)]
    assert [item_id for item_id, _ in data.ignored] == [toy(1)]
    assert store.personal_data("nobody") is None


def test_a_merged_user_is_gone_and_the_other_has_all(store: Store) -> None:
    store.put_user("visitor", {"age": 20})
    store.add_events([view("visitor", war(1), 5), UserEvent("visitor", war(2), "rating", 2.0, 6)])
    store.ignore("visitor", toy(1))
    store.add_events([view("anna", war(3), 7)])
    merged = store.merge_users("visitor", "anna")
    assert merged is not None
    assert (merged.moved, merged.known) == (2, 0)
    assert store.user("visitor") is None
    assert [event.item_id for event in store.list_events_of("anna", 9)] == [war(1), war(2), war(3)]
    user = store.user("anna")
    assert user is not None
    assert (user.features, user.events, user.ignored) == ({"age": 20}, 3, (toy(1),))
    assert counts(store) == recounted(store)


def test_what_both_had_counts_once_and_the_known_user_s_stays(store: Store) -> None:
    store.put_user("visitor", {"age": 20})
    store.put_user("anna", {"age": 33})
    for user, rating in (("visitor", 1.0), ("anna", 5.0)):
        store.add_events([UserEvent(user, war(1), "rating", rating, 5), view(user, war(1), 6)])
        store.ignore(user, toy(1))
    store.add_events([view("visitor", war(1), 7)])
    merged = store.merge_users("visitor", "anna")
    assert merged is not None
    assert (merged.moved, merged.known) == (1, 2)
    events = [(event.type, event.value, event.timestamp) for event in store.list_events_of("anna", 9)]
    assert events == [("rating", 5.0, 5), ("view", None, 6), ("view", None, 7)]
    user = store.user("anna")
    assert user is not None
    assert (user.features, user.ignored) == ({"age": 33}, (toy(1),))
    assert counts(store) == recounted(store)


def test_a_merge_keeps_no_more_repeats_than_one_user_may_have(store: Store) -> None:
    for user, start in (("visitor", 1), ("anna", 100)):
        store.add_events([view(user, war(1), start + place) for place in range(MOST_REPEATS)])
    store.merge_users("visitor", "anna")
    kept = [event.timestamp for event in store.list_events_of("anna", 99)]
    assert kept == [100 + place for place in range(MOST_REPEATS)]
    assert counts(store) == recounted(store)


def test_of_a_user_of_whom_nothing_is_known_nothing_is_merged(store: Store) -> None:
    before = store.counts()
    assert store.merge_users("nobody", "anna") is None
    assert store.counts() == before
    store.add_events([view("visitor", war(1))])
    assert store.merge_users("visitor", "newcomer") is not None
    assert store.user("newcomer") is not None


def test_events_sent_while_a_user_is_merged_are_lost_nowhere(store: Store) -> None:
    def run(*jobs: Callable[[], object]) -> None:
        threads = [threading.Thread(target=job) for job in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    for place in range(10):
        store.add_events([view("visitor", war(1), 1000 + place)])
        run(
            lambda place=place: store.add_events([view("visitor", war(2), place)]),  # type: ignore[misc]
            lambda: store.merge_users("visitor", "anna"),
        )
        store.merge_users("visitor", "anna")
        assert store.user("visitor") is None
    assert len(store.list_events_of("anna", 99)) == 20
    assert counts(store) == recounted(store)

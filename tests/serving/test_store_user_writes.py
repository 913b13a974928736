"""Events, their counts, ignored items and users, on each kind of database."""

import threading

import pytest

from pharos.serving.errors import UnknownItem
from pharos.serving.store import Store, UserEvent
from pharos.serving.store.dataset_import import recount
from tests.serving.world import toy, war


def counts(store: Store) -> list[tuple[object, ...]]:
    """What is kept of the counts of events by item and type."""
    with store.reading() as connection:
        rows = connection.exec_driver_sql("SELECT item_id, type, events, rated, value_sum FROM item_counts")
        return sorted(tuple(row) for row in rows)


def recounted(store: Store) -> list[tuple[object, ...]]:
    """What should be kept of them."""
    with store.writing() as connection:
        recount(connection)
    return counts(store)


def view(user: str, item: str, timestamp: int = 1) -> UserEvent:
    return UserEvent(user, item, "view", None, timestamp)


def test_an_event_is_added_once_and_makes_its_user_known(store: Store) -> None:
    same = view("anna", war(1))
    assert store.add_events([same, same, view("anna", war(1), 2)]) == 2
    assert store.add_events([same]) == 0
    user = store.user("anna")
    assert user is not None
    assert (user.events, user.features, user.ignored) == (2, {}, ())


def test_the_counts_are_those_of_the_events(store: Store) -> None:
    store.add_events([view("anna", war(1)), UserEvent("anna", war(2), "rating", 1.5, 3), view("w1", toy(1))])
    store.add_events([view("anna", war(1)), view("bert", war(1))])
    store.delete_user("w3")
    kept = counts(store)
    assert kept == recounted(store)
    assert (war(1), "view", 2, 0, 0.0) in kept


def test_an_event_of_an_unknown_item_is_refused_with_all_others(store: Store) -> None:
    before = store.counts()
    with pytest.raises(UnknownItem, match="nothing"):
        store.add_events([view("anna", war(1)), view("anna", "nothing")])
    assert store.counts() == before


def test_what_is_ignored_is_seen_until_it_is_not(store: Store) -> None:
    store.ignore("anna", war(1))
    store.ignore("anna", war(1))
    store.add_events([UserEvent("anna", war(2), "ignore", None, 1)])
    assert store.person("anna", 10).seen == {war(1), war(2)}
    assert store.person("anna", 10).history == ()
    for item_id in (war(1), war(2)):
        store.stop_ignoring("anna", item_id)
    assert store.person("anna", 10).seen == set()
    assert counts(store) == recounted(store)


def test_a_deleted_user_leaves_nothing_behind(store: Store) -> None:
    before, kept = store.counts(), counts(store)
    store.put_user("anna", {"age": 30})
    store.add_events([view("anna", war(1)), view("anna", toy(1))])
    store.ignore("anna", war(2))
    store.delete_user("anna")
    assert store.user("anna") is None
    assert store.person("anna", 10).seen == set()
    assert (store.counts(), counts(store)) == (before, kept)


def test_events_that_come_at_once_are_all_counted(store: Store) -> None:
    failures: list[Exception] = []

    def write(writer: int) -> None:
        try:
            for turn in range(5):
                items = [war(number) for number in range(10)]
                store.add_events([view(f"{writer}", item, turn) for item in (items if writer % 2 else items[::-1])])
                store.add_events([view("shared", item, turn) for item in (items if writer % 2 else items[::-1])])
        except Exception as error:  # noqa: BLE001  # it is the test's to show
            failures.append(error)

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert counts(store) == recounted(store)
    user = store.user("shared")
    assert user is not None
    assert user.events == 50

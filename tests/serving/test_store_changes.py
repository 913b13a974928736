"""Single changes of items: revisions, deletions, and what changed since."""

import threading

from pharos.serving.store import NewItem, Store
from tests.serving import world
from tests.serving.world import toy, war


def item(item_id: str, title: str = "A title", **features: object) -> NewItem:
    return NewItem(item_id, title, features)


def told(store: Store, since: int, limit: int = 100) -> list[tuple[str, bool]]:
    """Id of each change, and whether there is still such an item."""
    return [(change.item_id, change.record is not None) for change in store.changes_since(since, limit)]


def test_a_new_item_can_be_read(store: Store) -> None:
    (written,) = store.put_items([item("new", "Sand", year=2001, genres=["War"])])
    assert written.created
    assert store.item("new") == written.record
    assert (written.record.title, written.record.features) == ("Sand", {"year": 2001, "genres": ["War"]})


def test_each_change_takes_a_higher_revision(store: Store) -> None:
    before = store.revision()
    (first,) = store.put_items([item("new")])
    patched = store.patch_item("new", title="Other")
    assert patched is not None
    gone = store.delete_item("new")
    assert gone is not None
    assert before < first.record.revision < patched.revision < gone == store.revision()


def test_an_item_put_again_keeps_the_time_of_its_creation_and_loses_the_rest(store: Store) -> None:
    old = store.items([war(0)])[war(0)]
    (written,) = store.put_items([item(war(0), "Other")])
    assert not written.created
    assert written.record.created_at == old.created_at
    assert written.record.features == {}
    assert store.item(war(0)) == written.record


def test_a_patch_changes_what_it_names_and_nothing_else(store: Store) -> None:
    old = store.items([war(0)])[war(0)]
    new = store.patch_item(war(0), features={"year": 1999}, absent=["language"])
    assert new is not None
    assert new.features == {name: value for name, value in {**old.features, "year": 1999}.items() if name != "language"}
    assert (new.title, new.available) == (old.title, old.available)
    assert store.item(war(0)) == new


def test_only_what_vectors_are_made_of_changes_the_revision_of_the_content(store: Store) -> None:
    old = store.items([war(0)])[war(0)]
    hidden = store.patch_item(war(0), available=False)
    assert hidden is not None
    assert (hidden.revision > old.revision, hidden.content_revision) == (True, old.content_revision)
    changed = store.patch_item(war(0), features={"year": 1999})
    assert changed is not None
    assert changed.content_revision == changed.revision


def test_what_is_not_there_cannot_be_changed_or_deleted(store: Store) -> None:
    assert store.patch_item("nothing", title="x") is None
    assert store.delete_item("nothing") is None
    assert store.counts().items == 2 * world.HALF + 1


def test_changes_are_told_in_order_with_deletions_and_each_item_once(store: Store) -> None:
    since = store.revision()
    store.put_items([item("a"), item("b")])
    store.delete_item(war(0))
    store.patch_item("a", title="Other")
    store.delete_item("b")
    assert told(store, since) == [(war(0), False), ("a", True), ("b", False)]
    assert told(store, store.revision()) == []


def test_changes_can_be_read_in_portions(store: Store) -> None:
    since, read = store.revision(), []
    store.put_items([item(f"n{number}") for number in range(5)])
    for number in (0, 2, 4):
        store.delete_item(f"n{number}")
    while changes := store.changes_since(since, 2):
        read += [change.item_id for change in changes]
        since = changes[-1].revision
    assert read == ["n1", "n3", "n0", "n2", "n4"]


def test_an_item_that_comes_back_is_not_told_as_deleted(store: Store) -> None:
    since = store.revision()
    store.delete_item(war(0))
    store.put_items([item(war(0))])
    assert told(store, since) == [(war(0), True)]


def test_a_store_that_is_emptied_by_an_import_tells_what_is_gone(store: Store) -> None:
    store.put_items([item("extra")])
    since = store.revision()
    store.import_dataset(world.dataset(), replace=True)
    changes = dict(told(store, since))
    assert changes["extra"] is False
    assert changes[toy(3)] is True
    assert len(changes) == 2 * world.HALF + 2


def test_many_writers_at_once_share_no_revision(store: Store) -> None:
    def write(writer: int) -> None:
        for number in range(10):
            store.put_items([item(f"{writer}-{number}"), item("shared", f"{writer}-{number}")])

    since = store.revision()
    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    changes = store.changes_since(since, 1000)
    assert len({change.revision for change in changes}) == len(changes) == 41
    assert store.revision() == since + 80


def test_what_filters_can_use_follows_every_change_of_an_item(store: Store) -> None:
    def genres() -> dict[str, int]:
        return dict(next(known for known in store.feature_values() if known.name == "genres").values)

    before = genres()
    store.put_items([item("new", genres=["Western"])])
    assert genres() == before | {"Western": 1}
    assert genres() == before | {"Western": 1}
    store.delete_item("new")
    assert genres() == before

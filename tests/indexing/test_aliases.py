"""The contract of collections and aliases, on both engines."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from pharos.indexing.errors import CollectionExists, CollectionInUse, InvalidName, UnknownCollection
from pharos.indexing.index import VectorIndex
from tests.indexing.clock import HOURS, SPEC, fill, hand, point


def test_an_alias_stands_for_its_collection(index: VectorIndex, clock: str):
    index.switch("items", clock)
    assert index.resolve("items") == clock
    assert index.count("items") == HOURS
    index.delete("items", ["3"])
    index.upsert("items", [point(3)])
    index.set_payload("items", "3", {"available": False})
    index.optimize("items")
    assert index.fetch("items", ["3"])["3"].payload["available"] is False
    assert index.search("items", hand(3), limit=1)[0].item_id == "3"
    assert index.similar("items", "3", limit=1)[0].item_id in ("2", "4")


def test_an_alias_that_was_never_set_points_nowhere(index: VectorIndex):
    assert index.resolve("items") is None
    with pytest.raises(UnknownCollection):
        index.count("items")


def test_a_switch_leads_the_alias_elsewhere_and_back(index: VectorIndex, clock: str):
    index.create("empty", SPEC)
    index.switch("items", clock)
    index.switch("items", "empty")
    assert (index.resolve("items"), index.count("items")) == ("empty", 0)
    index.switch("items", clock)
    assert (index.resolve("items"), index.count("items")) == (clock, HOURS)


def test_a_switch_to_nowhere_changes_nothing(index: VectorIndex, clock: str):
    index.switch("items", clock)
    with pytest.raises(UnknownCollection, match="'nowhere'"):
        index.switch("items", "nowhere")
    assert index.resolve("items") == clock


def test_readers_never_see_a_switch_half_done(index: VectorIndex):
    """One collection has every item, the other none: a count between the two would be neither."""
    fill(index, "full")
    index.create("empty", SPEC)
    index.switch("items", "full")
    seen: set[int] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.add(len(index.search("items", hand(1), limit=HOURS)))

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(8):
        index.switch("items", "empty")
        index.switch("items", "full")
    done.set()
    reader.join()
    assert seen <= {0, HOURS}


def test_what_an_alias_points_to_cannot_be_dropped(index: VectorIndex, clock: str):
    index.switch("items", clock)
    with pytest.raises(CollectionInUse, match="items points to it"):
        index.drop(clock)
    assert index.count("items") == HOURS


def test_an_alias_is_no_collection_to_drop(index: VectorIndex, clock: str):
    index.switch("items", clock)
    with pytest.raises(UnknownCollection):
        index.drop("items")
    assert index.count("items") == HOURS


def test_a_dropped_collection_is_gone_and_its_name_free(index: VectorIndex, clock: str):
    index.drop(clock)
    assert index.collections() == []
    with pytest.raises(UnknownCollection):
        index.count(clock)
    with pytest.raises(UnknownCollection):
        index.drop(clock)
    index.create(clock, SPEC)
    assert index.count(clock) == 0


def test_collections_tell_what_they_are(index: VectorIndex):
    before = datetime.now(UTC) - timedelta(seconds=1)
    fill(index, "first")
    index.create("second", SPEC)
    index.switch("items", "first")
    first, second = index.collections()
    assert (first.name, first.bundle, first.count) == ("first", "clockwork", HOURS)
    assert (second.name, second.bundle, second.count) == ("second", "clockwork", 0)
    assert before < first.created_at <= second.created_at <= datetime.now(UTC)
    assert first.live_at and first.live_at >= second.created_at
    assert second.live_at is None


def test_a_collection_cannot_be_made_twice(index: VectorIndex, clock: str):
    with pytest.raises(CollectionExists, match="'clock'"):
        index.create(clock, SPEC)
    assert index.count(clock) == HOURS


def test_a_name_is_a_collection_or_an_alias(index: VectorIndex, clock: str):
    index.switch("items", clock)
    with pytest.raises(CollectionExists):
        index.create("items", SPEC)
    index.create("other", SPEC)
    with pytest.raises(CollectionExists):
        index.switch("other", clock)


@pytest.mark.parametrize("name", ["", ".", "..", "../up", "a/b", "a\\b", ".hidden", "a b", "nul\0", "ü", "x" * 201])
def test_a_name_that_could_leave_the_folder_is_refused(index: VectorIndex, clock: str, name: str):
    with pytest.raises(InvalidName):
        index.create(name, SPEC)
    with pytest.raises(InvalidName):
        index.switch(name, clock)


def test_an_index_in_order_says_nothing(index: VectorIndex):
    assert index.ready() is None

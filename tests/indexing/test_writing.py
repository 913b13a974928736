"""The contract of writes and look-ups, on both engines."""

import threading
from contextlib import suppress

import numpy as np
import pytest

from pharos.indexing.errors import InvalidVector, UnknownCollection, UnknownItem, VectorIndexError
from pharos.indexing.filters import AnyOf, Filter
from pharos.indexing.index import Point, VectorIndex
from tests.indexing.clock import HOURS, hand, point

UNAVAILABLE = Filter((AnyOf("available", (False,)),))


def test_points_are_found_as_soon_as_they_are_written(index: VectorIndex, clock: str):
    for step in range(20):
        index.upsert(clock, [Point(f"new {step}", {"tower": 2 * hand(5)}, {})])
        assert f"new {step}" in {hit.item_id for hit in index.search(clock, hand(5), limit=step + 1)}


def test_a_later_write_replaces_the_whole_point(index: VectorIndex, clock: str):
    index.upsert(clock, [Point("3", {"tower": hand(9)}, {"title": "moved"})])
    stored = index.fetch(clock, ["3"], with_vectors=["tower", "text"])["3"]
    assert stored.payload == {"title": "moved", "item_id": "3"}
    assert stored.vectors.keys() == {"tower"}
    assert index.count(clock) == HOURS
    assert {hit.item_id for hit in index.search(clock, hand(9), limit=2)} == {"3", "9"}


def test_ids_are_any_text(index: VectorIndex, clock: str):
    ids = ["ночь", "../../etc/passwd", "'; DROP TABLE items; --", "a,b", " ", "x" * 10_000, "🎬", "null\0byte"]
    index.upsert(clock, [Point(item_id, {"tower": hand(1)}, {}) for item_id in ids])
    assert list(index.fetch(clock, ids)) == ids
    index.delete(clock, ids)
    assert index.count(clock) == HOURS


def test_an_id_that_is_no_text_at_all_is_just_unknown(index: VectorIndex, clock: str):
    assert index.fetch(clock, ["\ud800"]) == {}


def test_deleted_items_are_gone(index: VectorIndex, clock: str):
    index.delete(clock, ["3", "4", "unknown"])
    assert index.count(clock) == HOURS - 2
    assert index.fetch(clock, ["3"]) == {}
    assert [hit.item_id for hit in index.search(clock, hand(3.2), limit=2)] == ["2", "5"]


def test_fetching_gives_what_was_written_for_the_known_items(index: VectorIndex, clock: str):
    stored = index.fetch(clock, ["7", "unknown", "2"], with_vectors=["tower", "text"])
    assert list(stored) == ["7", "2"]
    assert stored["7"].payload == {**point(7).payload, "item_id": "7"}
    np.testing.assert_allclose(stored["7"].vectors["tower"], point(7).vectors["tower"], atol=1e-6)
    np.testing.assert_allclose(stored["7"].vectors["text"], point(7).vectors["text"], atol=1e-6)
    assert stored["7"].vectors["tower"].dtype == np.float32


def test_fetching_gives_no_more_than_asked(index: VectorIndex, clock: str):
    (stored,) = index.fetch(clock, ["7"], with_vectors=[], with_payload=False).values()
    assert stored == Point("7", {}, {})


def test_the_payload_changes_without_the_vectors(index: VectorIndex, clock: str):
    before = index.fetch(clock, ["3"], with_vectors=["tower", "text"])["3"]
    index.set_payload(clock, "3", {"available": False, "año de salida": None})
    after = index.fetch(clock, ["3"], with_vectors=["tower", "text"])["3"]
    assert after.payload == {k: v for k, v in before.payload.items() if k != "año de salida"} | {"available": False}
    np.testing.assert_array_equal(after.vectors["tower"], before.vectors["tower"])
    np.testing.assert_array_equal(after.vectors["text"], before.vectors["text"])
    assert index.count(clock, UNAVAILABLE) == 1


def test_the_payload_of_an_unknown_item_cannot_be_changed(index: VectorIndex, clock: str):
    with pytest.raises(UnknownItem, match="'13'"):
        index.set_payload(clock, "13", {"available": False})
    assert index.count(clock) == HOURS


@pytest.mark.parametrize(
    ("vectors", "problem"),
    [
        ({"tower": np.array([1, np.nan, 0], dtype=np.float32)}, "NaN"),
        ({"tower": np.array([1, np.inf, 0], dtype=np.float32)}, "infinity"),
        ({"tower": np.array([1, 0], dtype=np.float32)}, r"\[2\], not \[3\]"),
        ({"sound": np.array([1, 0, 0], dtype=np.float32)}, "'sound'; known: text, tower|'sound'; known: tower, text"),
        ({}, "no vector"),
    ],
)
def test_a_vector_that_does_not_fit_is_refused_and_nothing_written(index: VectorIndex, clock: str, vectors, problem):
    with pytest.raises(InvalidVector, match=problem) as caught:
        index.upsert(clock, [Point("good", {"tower": hand(1)}, {}), Point("bad", vectors, {})])
    assert "'bad'" in str(caught.value)
    assert index.count(clock) == HOURS


def test_writes_need_a_collection(index: VectorIndex):
    with pytest.raises(UnknownCollection):
        index.upsert("nowhere", [point(1)])
    with pytest.raises(UnknownCollection):
        index.set_payload("nowhere", "1", {"available": False})
    with pytest.raises(UnknownCollection):
        index.delete("nowhere", ["1"])


def test_writing_nothing_is_fine(index: VectorIndex, clock: str):
    index.upsert(clock, [])
    index.delete(clock, [])
    index.set_payload(clock, "1", {})
    assert index.fetch(clock, []) == {}
    assert index.count(clock) == HOURS


def test_optimizing_changes_no_answer(index: VectorIndex, clock: str):
    index.delete(clock, ["4"])
    index.optimize(clock)
    assert [hit.item_id for hit in index.search(clock, hand(3.2), limit=3)] == ["3", "2", "5"]


def test_reads_stay_whole_while_others_write(index: VectorIndex, clock: str):
    """A reader must see each item in one of the two states that a writer moves it between, and miss none."""
    failures: list[str] = []
    written = threading.Event()

    def write() -> None:
        for turn in range(30):
            index.upsert(clock, [Point(str(hour), {"tower": hand(hour)}, {"turn": turn}) for hour in range(HOURS)])
        written.set()

    def read() -> None:
        while not written.is_set():
            hits = index.search(clock, hand(3.2), limit=3, exclude=["4"])
            if [hit.item_id for hit in hits] != ["3", "2", "5"]:
                failures.append(str(hits))

    threads = [threading.Thread(target=work) for work in (write, read, read)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert {stored.payload["turn"] for stored in index.fetch(clock, [str(h) for h in range(HOURS)]).values()} == {29}


def test_an_item_deleted_while_its_payload_changes_is_unknown_and_no_failure(index: VectorIndex, clock: str):
    failures: list[Exception] = []
    changed = threading.Event()

    def change() -> None:
        try:
            for year in range(100):
                with suppress(UnknownItem):
                    index.set_payload(clock, "3", {"año de salida": float(year), "parity": None})
        except VectorIndexError as error:
            failures.append(error)
        finally:
            changed.set()

    changing = threading.Thread(target=change)
    changing.start()
    while not changed.is_set():
        index.delete(clock, ["3"])
        index.upsert(clock, [point(3)])
    changing.join()
    assert failures == []

"""The contract of searches, on both engines."""

import numpy as np
import pytest

from pharos.indexing.errors import InvalidVector, UnknownCollection, UnknownItem
from pharos.indexing.filters import AnyOf, Filter
from pharos.indexing.index import CollectionSpec, Point, VectorIndex
from pharos.indexing.payload import PayloadType
from tests.indexing.clock import HOURS, by_distance, hand, point

ODD = Filter((AnyOf("parity", ("odd",)),))


def found(hits) -> list[str]:
    return [hit.item_id for hit in hits]


def test_the_nearest_items_come_first(index: VectorIndex, clock: str):
    hits = index.search(clock, hand(3.2), limit=5)
    assert found(hits) == ["3", "4", "2", "5", "1"]


@pytest.mark.parametrize("strangers", [0, 100, 1000])
@pytest.mark.parametrize("with_payload", [True, False])
def test_vectors_come_with_the_items_whatever_is_excluded(
    index: VectorIndex, clock: str, strangers: int, with_payload: bool
):
    exclude = ["4", *(f"stranger {number}" for number in range(strangers))]
    hits = index.search(clock, hand(3.2), limit=3, exclude=exclude, with_payload=with_payload, with_vectors=True)
    assert found(hits) == ["3", "2", "5"]
    for hit in hits:
        assert hit.vector == pytest.approx(hand(int(hit.item_id)), abs=1e-6)
        assert bool(hit.payload) == with_payload


def test_a_score_is_the_dot_product(index: VectorIndex, clock: str):
    hits = index.search(clock, 2 * hand(3), limit=3)
    assert [hit.score for hit in hits] == pytest.approx([2, 3**0.5, 3**0.5], abs=1e-5)


def test_another_vector_of_the_items_can_be_searched(index: VectorIndex, clock: str):
    # The text vectors turn the other way.
    hits = index.search(clock, hand(-3.2)[:2], using="text", limit=3)
    assert found(hits) == ["3", "4", "2"]


def test_an_exact_search_gives_the_same(index: VectorIndex, clock: str):
    assert found(index.search(clock, hand(7.4), limit=HOURS, exact=True)) == by_distance(7.4)


def test_asking_for_more_than_exist_gives_all(index: VectorIndex, clock: str):
    assert found(index.search(clock, hand(7.4), limit=1000)) == by_distance(7.4)


def test_asking_for_none_gives_none(index: VectorIndex, clock: str):
    assert index.search(clock, hand(7.4), limit=0) == []


def test_an_empty_collection_has_no_hits(index: VectorIndex):
    index.create("empty", CollectionSpec({"tower": 3}, {"item_id": PayloadType.KEYWORD}, "b"))
    assert index.search("empty", hand(1), limit=3) == []


def test_excluded_items_are_replaced_by_the_next(index: VectorIndex, clock: str):
    hits = index.search(clock, hand(3.2), limit=3, exclude=["3", "2", "unknown"])
    assert found(hits) == ["4", "5", "1"]


def test_excluding_all_items_gives_none(index: VectorIndex, clock: str):
    assert index.search(clock, hand(3.2), limit=3, exclude=by_distance(0.1)) == []


def test_exclusion_and_filter_hold_together(index: VectorIndex, clock: str):
    hits = index.search(clock, hand(3.2), limit=10, filter=ODD, exclude=["3", "5", "9"])
    assert found(hits) == ["1", "7", "11"]


@pytest.mark.parametrize("limit", [3, 400])
def test_thousands_of_excluded_items_cost_no_hit(index: VectorIndex, limit: int):
    many = 5500
    index.create("dial", CollectionSpec({"tower": 3}, {"item_id": PayloadType.KEYWORD}, "b"))
    index.upsert("dial", [Point(str(mark), {"tower": hand(mark, many)}, {}) for mark in range(many)])
    # Every quarter mark after zero the nearest are 0, 1, -1, 2, -2 ...: the 5,000 nearest are up to 2,500 away.
    near = [str(mark % many) for mark in range(-2499, 2501)]

    hits = index.search("dial", hand(0.25, many), limit=limit, exclude=near)

    expected = [str(mark % many) for step in range(2501, 2751) for mark in (1 - step, step)]
    assert found(hits) == expected[:limit]


def test_a_payload_comes_when_asked_for(index: VectorIndex, clock: str):
    (hit,) = index.search(clock, hand(3), limit=1)
    assert hit.payload == {**point(3).payload, "item_id": "3"}
    (hit,) = index.search(clock, hand(3), limit=1, with_payload=False)
    assert (hit.item_id, hit.payload) == ("3", {})


@pytest.mark.parametrize("excluded", [1, 100])
def test_a_vector_comes_when_asked_for(index: VectorIndex, clock: str, excluded: int):
    exclude = [f"unknown {number}" for number in range(excluded)]
    (hit,) = index.search(clock, hand(3), limit=1, exclude=exclude, with_vectors=True)
    assert hit.payload["title"] == "3 o'clock"
    np.testing.assert_allclose(hit.vector, hand(3), atol=1e-6)
    (hit,) = index.search(clock, hand(3), limit=1, exclude=exclude)
    assert hit.vector is None


def test_a_batch_gives_what_single_searches_give(index: VectorIndex, clock: str):
    hours = [0.1, 3.2, 11.4]
    vectors = np.stack([hand(hour) for hour in hours])
    exclude = [["0"], [], [str(hour) for hour in range(2, HOURS)]]
    batch = index.search_many(clock, vectors, limit=4, filter=ODD, exclude=exclude)
    single = [
        index.search(clock, vector, limit=4, filter=ODD, exclude=ids)
        for vector, ids in zip(vectors, exclude, strict=True)
    ]
    assert [found(hits) for hits in batch] == [found(hits) for hits in single]
    assert found(batch[2]) == ["1"]


def test_a_batch_needs_an_exclusion_for_each_row_or_none(index: VectorIndex, clock: str):
    with pytest.raises(InvalidVector, match="2 query vectors with 1 exclusions"):
        index.search_many(clock, np.stack([hand(1), hand(2)]), limit=1, exclude=[["1"]])


def test_similar_items_are_its_neighbours_without_itself(index: VectorIndex, clock: str):
    hits = index.similar(clock, "3", limit=4)
    assert found(hits[:2]) in (["2", "4"], ["4", "2"])
    assert found(hits[2:]) in (["1", "5"], ["5", "1"])


def test_similar_items_can_be_filtered_and_excluded(index: VectorIndex, clock: str):
    assert found(index.similar(clock, "3", limit=1, filter=ODD, exclude=["1"])) == ["5"]


def test_similar_items_of_an_unknown_item_are_an_error_that_names_it(index: VectorIndex, clock: str):
    with pytest.raises(UnknownItem, match="'13'"):
        index.similar(clock, "13", limit=4)


def test_an_item_without_a_vector_is_neither_found_by_it_nor_similar_to_others(index: VectorIndex, clock: str):
    index.upsert(clock, [Point("mute", {"tower": hand(3)}, {})])
    assert "mute" not in found(index.search(clock, hand(3)[:2], using="text", limit=100))
    assert index.similar(clock, "mute", using="text", limit=3) == []


@pytest.mark.parametrize(
    ("vector", "using"),
    [
        (np.array([1, 0], dtype=np.float32), "tower"),
        (np.array([1, 0, np.nan], dtype=np.float32), "tower"),
        (np.array([1, 0, np.inf], dtype=np.float32), "tower"),
        (np.array([1, 0, 0], dtype=np.float32), "sound"),
    ],
    ids=["too short", "NaN", "infinity", "unknown name"],
)
def test_a_query_that_does_not_fit_is_refused(index: VectorIndex, clock: str, vector, using):
    with pytest.raises(InvalidVector, match="query"):
        index.search(clock, vector, using=using, limit=1)


def test_an_unknown_collection_is_named(index: VectorIndex):
    with pytest.raises(UnknownCollection, match="'nowhere'"):
        index.search("nowhere", hand(1), limit=1)
    with pytest.raises(UnknownCollection, match="'nowhere'"):
        index.count("nowhere")
    with pytest.raises(UnknownCollection, match="'nowhere'"):
        index.fetch("nowhere", ["1"])

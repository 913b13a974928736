"""The contract of sparse vectors, on both engines."""

from dataclasses import replace
from itertools import chain

import numpy as np
import pytest

from pharos.indexing.errors import InvalidVector, UnknownItem
from pharos.indexing.filters import AnyOf, Filter
from pharos.indexing.index import CONTENT, NEIGHBOURS, TEXT, TOWER, Hit, Point, SourceQuery, VectorIndex
from pharos.indexing.sparse import MOST_INDEX, SparseVector
from tests.indexing.clock import HOURS, fill, hand
from tests.indexing.links import entries, fill_linked, linked

ODD = Filter((AnyOf("parity", ("odd",)),))
EVEN = Filter((AnyOf("parity", ("even",)),))
NOTHING = entries({})


@pytest.fixture
def links(index: VectorIndex) -> str:
    """The name of a collection of the index that holds the items of `tests.indexing.links`."""
    return fill_linked(index)


def scores(hits: list[Hit]) -> list[tuple[str, float]]:
    return [(hit.item_id, pytest.approx(hit.score, abs=1e-6)) for hit in hits]


def test_a_score_is_the_dot_product_of_the_entries(index: VectorIndex, links: str):
    hits = index.search(links, entries({3: 2.0, 4: 0.6}), using=NEIGHBOURS, limit=10)
    assert scores(hits) == [("2", 2.0), ("3", 0.6), ("4", 0.5), ("5", 0.15)]


def test_a_query_may_have_negative_values(index: VectorIndex, links: str):
    hits = index.search(links, entries({3: 2.0, 5: -4.0}), using=NEIGHBOURS, limit=10)
    assert scores(hits) == [("2", 2.0), ("6", -1.0), ("4", -3.5)]


def test_only_the_best_come_where_fewer_are_asked_for(index: VectorIndex, links: str):
    hits = index.search(links, entries({3: 2.0, 5: -4.0}), using=NEIGHBOURS, limit=2)
    assert scores(hits) == [("2", 2.0), ("6", -1.0)]


def test_the_last_dimension_can_be_searched(index: VectorIndex, links: str):
    hits = index.search(links, entries({MOST_INDEX: 1.0}), using=CONTENT, limit=3)
    assert scores(hits) == [("11", 11.0), ("9", 9.0), ("7", 7.0)]


def test_what_shares_no_dimension_is_not_found(index: VectorIndex, links: str):
    assert index.search(links, entries({77: 1.0}), using=NEIGHBOURS, limit=10) == []


def test_a_filter_holds_for_a_sparse_search(index: VectorIndex, links: str):
    everything = entries(dict.fromkeys(range(HOURS), 1.0))
    hits = index.search(links, everything, using=NEIGHBOURS, limit=10, filter=ODD)
    assert sorted(hit.item_id for hit in hits) == ["1", "11", "3", "5", "7", "9"]
    assert index.search(links, entries({MOST_INDEX: 1.0}), using=CONTENT, limit=10, filter=EVEN) == []


@pytest.mark.parametrize("strangers", [0, 100, 1000])
@pytest.mark.parametrize("with_payload", [True, False])
def test_excluded_items_are_replaced_by_the_next_of_a_sparse_search(
    index: VectorIndex, links: str, strangers: int, with_payload: bool
):
    exclude = ["11", "7", *(f"stranger {number}" for number in range(strangers))]
    hits = index.search(
        links, entries({MOST_INDEX: 1.0}), using=CONTENT, limit=2, exclude=exclude, with_payload=with_payload
    )
    assert scores(hits) == [("9", 9.0), ("5", 5.0)]
    assert all(bool(hit.payload) == with_payload for hit in hits)


@pytest.mark.parametrize("strangers", [0, 100, 1000])
@pytest.mark.parametrize("with_payload", [True, False])
def test_a_sparse_hit_comes_with_the_tower_vector(index: VectorIndex, links: str, strangers: int, with_payload: bool):
    exclude = [f"stranger {number}" for number in range(strangers)]
    query = entries({3: 2.0})
    hits = index.search(
        links, query, using=NEIGHBOURS, limit=5, exclude=exclude, with_payload=with_payload, with_vectors=True
    )
    assert [hit.item_id for hit in hits] == ["2", "4"]
    for hit in hits:
        assert hit.vector == pytest.approx(hand(int(hit.item_id)), abs=1e-6)


def test_a_sparse_search_that_finds_too_few_does_not_ask_again(
    index: VectorIndex, links: str, monkeypatch: pytest.MonkeyPatch
):
    asked: list[int] = []
    ask = index._nearest
    monkeypatch.setattr(index, "_nearest", lambda *rest, **more: asked.append(1) or ask(*rest, **more))
    assert len(index.search(links, entries({3: 2.0}), using=NEIGHBOURS, limit=10, exclude=["2"])) == 1
    index.search_sources(links, [SourceQuery(entries({3: 2.0}), NEIGHBOURS, 9), SourceQuery(hand(3), TOWER, 5)])
    assert len(asked) == 2


def test_a_vector_without_entries_finds_nothing(index: VectorIndex, links: str):
    assert index.search(links, NOTHING, using=NEIGHBOURS, limit=10) == []


@pytest.mark.parametrize("optimized", [False, True])
def test_the_scores_of_many_items_are_scipys(index: VectorIndex, links: str, optimized: bool):
    random = np.random.default_rng(7)
    items = {
        f"random {number}": entries({int(i): random.normal() for i in random.choice(300, 40, replace=False)})
        for number in range(700)
    }
    index.upsert(links, [Point(item, {TOWER: hand(1)}, {}, {CONTENT: vector}) for item, vector in items.items()])
    if optimized:
        index.optimize(links)
    query = entries({int(i): random.normal() for i in random.choice(300, 60, replace=False)})
    dense = np.zeros(300)
    dense[query.indices] = query.values
    expected = {item: float(vector.values @ dense[vector.indices]) for item, vector in items.items()}

    hits = index.search(links, query, using=CONTENT, limit=50)

    assert [hit.score for hit in hits] == pytest.approx(sorted(expected.values(), reverse=True)[:50], abs=1e-4)
    assert [expected[hit.item_id] for hit in hits] == pytest.approx([hit.score for hit in hits], abs=1e-4)


def test_an_item_with_a_thousand_entries_is_kept_whole(index: VectorIndex, links: str):
    rich = entries({7 * number: number / 10 for number in range(1, 1001)})
    index.upsert(links, [Point("rich", {TOWER: hand(1)}, {}, {CONTENT: rich})])
    stored = index.fetch(links, ["rich"], with_vectors=[CONTENT])["rich"].sparse[CONTENT]
    np.testing.assert_array_equal(stored.indices, rich.indices)
    np.testing.assert_array_equal(stored.values, rich.values)
    (hit,) = index.search(links, rich, using=CONTENT, limit=1)
    assert (hit.item_id, hit.score) == ("rich", pytest.approx(float(rich.values @ rich.values), rel=1e-5))


def test_a_later_write_replaces_the_sparse_vectors(index: VectorIndex, links: str):
    index.upsert(links, [replace(linked(2), sparse={NEIGHBOURS: entries({3: 5.0})})])
    assert scores(index.search(links, entries({3: 1.0, 1: 1.0}), using=NEIGHBOURS, limit=1)) == [("2", 5.0)]


def test_a_later_write_without_sparse_vectors_removes_them(index: VectorIndex, links: str):
    index.upsert(links, [replace(linked(2), sparse={NEIGHBOURS: NOTHING}), replace(linked(4), sparse={})])
    assert index.search(links, entries({3: 1.0}), using=NEIGHBOURS, limit=10) == []
    assert index.fetch(links, ["2"], with_vectors=[NEIGHBOURS])["2"].sparse == {}


def test_a_deleted_item_is_not_found_by_its_entries(index: VectorIndex, links: str):
    index.delete(links, ["2"])
    assert scores(index.search(links, entries({3: 2.0}), using=NEIGHBOURS, limit=10)) == [("4", 0.5)]


def test_a_change_of_the_payload_leaves_the_sparse_vectors(index: VectorIndex, links: str):
    index.set_payload(links, "2", {"available": False})
    assert scores(index.search(links, entries({3: 2.0}), using=NEIGHBOURS, limit=1)) == [("2", 2.0)]


def test_fetching_gives_the_sparse_vectors_that_were_asked_for(index: VectorIndex, links: str):
    stored = index.fetch(links, ["4", "5", "unknown"], with_vectors=(TOWER, NEIGHBOURS, CONTENT))
    assert {item: set(point.vectors) for item, point in stored.items()} == {"4": {TOWER}, "5": {TOWER}}
    assert {item: set(point.sparse) for item, point in stored.items()} == {
        "4": {NEIGHBOURS},
        "5": {NEIGHBOURS, CONTENT},
    }
    found = stored["5"].sparse[NEIGHBOURS]
    assert (found.indices.tolist(), found.values.tolist()) == ([4, 6], [0.25, 1.0])
    assert (found.indices.dtype, found.values.dtype) == (np.int64, np.float32)
    assert index.fetch(links, ["5"])["5"].sparse == {}


def test_fetching_what_a_collection_does_not_have_gives_the_rest(index: VectorIndex):
    stored = index.fetch(fill(index), ["5"], with_vectors=(TOWER, NEIGHBOURS, CONTENT))["5"]
    assert (set(stored.vectors), stored.sparse) == ({TOWER}, {})


def test_similar_items_can_be_those_of_the_entries(index: VectorIndex, links: str):
    # 3 points to 4 and 2; so do 5 (backwards, to 4) and 1 (forwards, to 2).
    hits = index.similar(links, "3", using=NEIGHBOURS, limit=10)
    assert sorted(hit.item_id for hit in hits) == ["1", "5"]
    assert [hit.score for hit in hits] == pytest.approx([0.25, 0.25])
    assert scores(index.similar(links, "3", using=CONTENT, limit=2)) == [("11", 33.0), ("9", 27.0)]


def test_an_item_without_entries_is_similar_to_none(index: VectorIndex, links: str):
    assert index.similar(links, "4", using=CONTENT, limit=10) == []
    with pytest.raises(UnknownItem, match="'13'"):
        index.similar(links, "13", using=CONTENT, limit=10)


@pytest.mark.parametrize("with_vectors", [False, True])
@pytest.mark.parametrize("excluded", [0, 2, 500])
def test_several_sources_give_what_each_alone_gives(index: VectorIndex, links: str, with_vectors: bool, excluded: int):
    exclude = ["2", "11", *(f"stranger {number}" for number in range(excluded))][:excluded]
    queries = [
        SourceQuery(hand(3.2), TOWER, 4),
        SourceQuery(entries({3: 2.0, 5: -4.0, 8: 3.0}), NEIGHBOURS, 10),
        SourceQuery(NOTHING, CONTENT, 10),
        SourceQuery(entries({MOST_INDEX: 1.0}), CONTENT, 2),
        SourceQuery(hand(-3.2)[:2], TEXT, 3),
    ]
    together = index.search_sources(links, queries, filter=ODD, exclude=exclude, with_vectors=with_vectors)
    alone = [
        index.search(
            links,
            query.vector,
            using=query.using,
            limit=query.limit,
            filter=ODD,
            exclude=exclude,
            with_payload=False,
            with_vectors=with_vectors,
        )
        for query in queries
    ]
    assert [scores(hits) for hits in together] == [[(hit.item_id, hit.score) for hit in hits] for hits in alone]
    assert [len(hits) for hits in together][1:4] == [2, 0, 2]
    for hit, single in zip(chain(*together), chain(*alone), strict=True):
        assert hit.payload == {}
        assert (hit.vector is None) == (not with_vectors)
        if with_vectors:
            np.testing.assert_array_equal(hit.vector, single.vector)


def test_no_source_gives_no_answer(index: VectorIndex, links: str):
    assert index.search_sources(links, []) == []
    assert index.search_sources(links, [SourceQuery(NOTHING, NEIGHBOURS, 3)]) == [[]]


def test_a_collection_without_the_sparse_vector_says_so(index: VectorIndex):
    clock = fill(index)
    with pytest.raises(InvalidVector, match="no vector 'neighbours'"):
        index.search(clock, entries({3: 1.0}), using=NEIGHBOURS, limit=1)
    with pytest.raises(InvalidVector, match="no vector 'content'"):
        index.search_sources(clock, [SourceQuery(hand(1), TOWER, 1), SourceQuery(entries({3: 1.0}), CONTENT, 1)])


def test_a_sparse_and_a_dense_vector_are_not_taken_for_each_other(index: VectorIndex, links: str):
    with pytest.raises(InvalidVector, match="'tower' is dense"):
        index.search(links, entries({1: 1.0}), using=TOWER, limit=1)
    with pytest.raises(InvalidVector, match="'neighbours' is sparse"):
        index.search(links, hand(1), using=NEIGHBOURS, limit=1)


def vector(indices: list[int], values: list[float]) -> SparseVector:
    return SparseVector(np.array(indices, np.int64), np.array(values, np.float32))


WRONG = [
    (vector([1, 2], [1.0, np.nan]), "NaN"),
    (vector([1, 2], [1.0, np.inf]), "infinity"),
    (vector([-1, 2], [1.0, 1.0]), "outside of 0 to 2147483647"),
    (vector([1, 2**31], [1.0, 1.0]), "outside of 0 to 2147483647"),
    (vector([2, 2], [1.0, 1.0]), "do not ascend"),
    (vector([3, 2], [1.0, 1.0]), "do not ascend"),
    (vector([1, 2], [1.0]), r"\[2\], values of \[1\]"),
    (SparseVector(np.array([0.5]), np.ones(1, np.float32)), "float64, not integers"),
]


@pytest.mark.parametrize(("wrong", "problem"), WRONG)
def test_a_sparse_vector_that_does_not_fit_is_refused_and_nothing_written(
    index: VectorIndex, links: str, wrong: SparseVector, problem: str
):
    with pytest.raises(InvalidVector, match=problem) as caught:
        index.upsert(links, [Point("good", {TOWER: hand(1)}, {}), Point("bad", {TOWER: hand(1)}, {}, {CONTENT: wrong})])
    assert "'bad'" in str(caught.value)
    assert index.count(links) == HOURS


@pytest.mark.parametrize(("wrong", "problem"), WRONG)
def test_a_sparse_query_that_does_not_fit_is_refused(index: VectorIndex, links: str, wrong: SparseVector, problem: str):
    with pytest.raises(InvalidVector, match=problem):
        index.search(links, wrong, using=CONTENT, limit=1)


def test_a_sparse_vector_of_an_unknown_name_is_refused_and_nothing_written(index: VectorIndex, links: str):
    with pytest.raises(InvalidVector, match="item 'bad': there is no vector 'sound'"):
        index.upsert(links, [Point("bad", {TOWER: hand(1)}, {}, {"sound": entries({1: 1.0})})])
    assert index.count(links) == HOURS

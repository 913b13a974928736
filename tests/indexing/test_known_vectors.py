"""Vectors that an index remembers."""

import numpy as np

from pharos.indexing.known_vectors import KnownVectors, VectorMemory, VersionedVectors

ONE, TWO, BOTH = np.array([1]), np.array([2]), np.array([1, 2])


def vectors(*values: float) -> np.ndarray:
    return np.repeat(np.array(values, np.float32)[:, None], 4, axis=1)


def test_what_was_learnt_is_known() -> None:
    known = KnownVectors()
    known.learn(known.moment, ONE, vectors(1))
    rows, there = known.of(BOTH)
    assert there.tolist() == [True, False]
    assert rows[0].tolist() == [1] * 4


def test_what_was_written_is_forgotten() -> None:
    known = KnownVectors()
    known.learn(known.moment, BOTH, vectors(1, 2))
    known.written(ONE)
    assert known.of(BOTH)[1].tolist() == [False, True]


def test_what_was_read_before_a_write_is_not_kept_after_it() -> None:
    known = KnownVectors()
    before = known.moment
    known.written(ONE)
    known.learn(before, ONE, vectors(1))
    assert known.of(ONE)[1].tolist() == [False]


def test_what_is_learnt_anew_replaces_what_was_there() -> None:
    known = KnownVectors()
    known.learn(known.moment, BOTH, vectors(1, 2))
    known.written(ONE)
    known.learn(known.moment, ONE, vectors(3))
    assert known.of(BOTH)[0][:, 0].tolist() == [3, 2]


def test_a_reader_keeps_what_it_has_found_while_others_write() -> None:
    known = KnownVectors()
    known.learn(known.moment, ONE, vectors(1))
    rows, _ = known.of(ONE)
    known.written(ONE)
    known.learn(known.moment, ONE, vectors(9))
    assert rows[0].tolist() == [1] * 4


def test_thousands_of_items_are_known_however_often_they_are_written() -> None:
    known, items = KnownVectors(), np.arange(5000)
    for turn in range(5):
        known.written(items)
        for start in range(0, 5000, 300):
            part = items[start : start + 300]
            known.learn(known.moment, part, vectors(*(part + turn)))
    rows, there = known.of(items)
    assert there.all()
    assert rows[:, 0].tolist() == (items + 4.0).tolist()


def test_when_there_are_too_many_bytes_the_old_ones_are_let_go() -> None:
    known = KnownVectors(most_bytes=16)
    known.learn(known.moment, ONE, vectors(1))
    known.learn(known.moment, TWO, vectors(2))
    assert known.of(BOTH)[1].tolist() == [False, True]


def test_what_alone_takes_too_many_bytes_is_not_kept() -> None:
    known = KnownVectors(most_bytes=16)
    known.learn(known.moment, BOTH, vectors(1, 2))
    assert not known.of(BOTH)[1].any()


def test_an_item_met_after_all_others_is_unknown() -> None:
    known = KnownVectors()
    known.learn(known.moment, ONE, vectors(1))
    assert known.of(np.array([10**6]))[1].tolist() == [False]


def test_a_dropped_collection_is_forgotten_and_no_other() -> None:
    memory = VectorMemory()
    for name in ("old", "new"):
        memory.of(name, "tower").learn(0, ONE, vectors(1))
    memory.drop("old")
    assert not memory.of("old", "tower").of(ONE)[1].any()
    assert memory.of("new", "tower").of(ONE)[1].all()


def test_a_write_reaches_every_vector_of_an_item() -> None:
    memory = VectorMemory()
    for using in ("tower", "text"):
        memory.of("items", using).learn(0, ONE, vectors(1))
    memory.written("items", ONE)
    assert not memory.of("items", "tower").of(ONE)[1].any()
    assert not memory.of("items", "text").of(ONE)[1].any()


class Shelf:
    """What is read, and how often."""

    def __init__(self, **values: float) -> None:
        self.values, self.read = {int(name[1:]): value for name, value in values.items()}, list[list[int]]()

    def __call__(self, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.read.append(items.tolist())
        there = [item for item in items.tolist() if item in self.values]
        return np.array(there, np.int64), vectors(*(self.values[item] for item in there))


def test_a_vector_is_read_once_for_each_version_of_its_point() -> None:
    known, shelf = VersionedVectors(1), Shelf(_1=1, _2=2)
    rows, there = known.filled(BOTH, np.array([5, 6]), shelf)
    assert (rows[:, 0].tolist(), there.tolist()) == ([1, 2], [True, True])
    shelf.values[2] = 3
    rows, _ = known.filled(np.array([2, 1, 2]), np.array([7, 5, 7]), shelf)
    assert rows[:, 0].tolist() == [3, 1, 3]
    assert known.filled(BOTH, np.array([5, 7]), shelf)[0][:, 0].tolist() == [1, 3]
    assert shelf.read == [[1, 2], [2]]


def test_an_item_that_has_no_vector_is_left_out() -> None:
    known, shelf = VersionedVectors(1), Shelf(_2=2)
    rows, there = known.filled(BOTH, np.array([5, 6]), shelf)
    assert (rows[:, 0].tolist(), there.tolist()) == ([2], [False, True])


def test_versions_of_items_with_high_numbers_are_told_apart() -> None:
    known, shelf = VersionedVectors(1), Shelf(_1=1, _5000=5)
    far = np.array([5000, 1])
    for _ in range(2):
        assert known.filled(far, np.array([0, 0]), shelf)[0][:, 0].tolist() == [5, 1]
    assert shelf.read == [[1, 5000]]

"""Vectors that an index remembers."""

from uuid import UUID

import numpy as np

from pharos.indexing.known_vectors import KnownVectors, VectorMemory

ONE, TWO = UUID(int=1), UUID(int=2)


def vector(value: float) -> np.ndarray:
    return np.full(4, value, np.float32)


def test_what_was_learnt_is_known() -> None:
    known = KnownVectors()
    known.learn(known.moment, {ONE: vector(1)})
    (one, two) = known.of([ONE, TWO])
    assert one is not None and one[0] == 1
    assert two is None


def test_what_was_written_is_forgotten() -> None:
    known = KnownVectors()
    known.learn(known.moment, {ONE: vector(1), TWO: vector(2)})
    known.written([ONE])
    assert [vector is None for vector in known.of([ONE, TWO])] == [True, False]


def test_what_was_read_before_a_write_is_not_kept_after_it() -> None:
    known = KnownVectors()
    before = known.moment
    known.written([ONE])
    known.learn(before, {ONE: vector(1)})
    assert known.of([ONE]) == [None]


def test_of_too_many_the_first_are_let_go() -> None:
    known = KnownVectors(most_bytes=16)
    known.learn(known.moment, {ONE: vector(1)})
    known.learn(known.moment, {TWO: vector(2)})
    assert [vector is None for vector in known.of([ONE, TWO])] == [True, False]


def test_a_dropped_collection_is_forgotten_and_no_other() -> None:
    memory = VectorMemory()
    for name in ("old", "new"):
        memory.of(name, "tower").learn(0, {ONE: vector(1)})
    memory.drop("old")
    (old,), (new,) = (memory.of(name, "tower").of([ONE]) for name in ("old", "new"))
    assert old is None and new is not None


def test_a_write_reaches_every_vector_of_a_point() -> None:
    memory = VectorMemory()
    for using in ("tower", "text"):
        memory.of("items", using).learn(0, {ONE: vector(1)})
    memory.written("items", [ONE])
    assert memory.of("items", "tower").of([ONE]) == memory.of("items", "text").of([ONE]) == [None]

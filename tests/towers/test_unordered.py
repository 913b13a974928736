"""Data without timestamps: what is shown and asked in a step, who teaches it, and a tower that knows no order."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from pharos.ingest.splits import chronological
from pharos.towers.progress import Silent
from pharos.towers.retrieval.assembly import prepare
from pharos.towers.retrieval.fitting import fit
from pharos.towers.retrieval.linear_teacher import LinearTeacher
from pharos.towers.retrieval.unordered_steps import UnorderedSteps
from pharos.towers.retrieval.unordered_user_tower import UnorderedUserTower
from tests.towers.conftest import QUICK
from tests.towers.worlds import coloured, two_camps


@pytest.fixture(scope="module")
def step() -> dict[str, Any]:
    world = two_camps(timestamps=False)
    data = prepare(world, chronological(world.interactions).train, QUICK, None)
    return next(iter(UnorderedSteps(data, 64, 1000, np.random.default_rng(0))))


def shown_items(step: dict[str, Any]) -> np.ndarray:
    """The items of each history before its asked position: bool [b, items]."""
    shown = np.zeros(step["known"].shape, bool)
    for row, (items, position) in enumerate(zip(step["item"], step["position"][:, 0], strict=True)):
        shown[row, items[:position]] = True
    return shown


def test_what_is_shown_of_a_history_is_not_asked_again(step: dict[str, Any]) -> None:
    shown = shown_items(step)
    assert shown.any(axis=1).all()
    assert (step["target"][shown] == 0).all()
    np.testing.assert_array_equal(step["known"], shown)


def test_each_event_of_the_rest_has_its_share_of_the_target_besides_what_the_teacher_says(step: dict[str, Any]) -> None:
    for row, (items, position) in enumerate(zip(step["item"], step["position"][:, 0], strict=True)):
        rest = items[position : int(step["present"][row].sum())]
        assert step["target"][row, rest].min() > 0.1 / len(rest)


def test_targets_are_a_distribution(step: dict[str, Any]) -> None:
    np.testing.assert_allclose(step["target"].sum(axis=1), 1, atol=1e-5)


def test_the_teacher_prefers_items_that_go_with_the_history() -> None:
    known = np.kron(np.eye(2, dtype=bool), np.random.default_rng(0).random((30, 8)) < 0.6)
    teacher = LinearTeacher.fit(sp.csr_matrix(known))
    history = sp.csr_matrix(([1.0], ([0], [2])), shape=(1, 16), dtype=np.float32)
    logits = teacher.logits(history, np.arange(16))[0]
    assert logits[[0, 1, 3, 4, 5, 6, 7]].min() > logits[8:].max()


def test_an_item_that_the_teacher_was_not_taught_is_neither_liked_nor_disliked() -> None:
    teacher = LinearTeacher(np.array([[0.0, 0.5], [0.5, 0.0]], np.float32), np.array([1, 3]))
    history = sp.csr_matrix(np.array([[0, 1, 1, 0]], np.float32))
    np.testing.assert_allclose(teacher.logits(history, np.array([0, 2, 3])), [[0, 0, 0.5]])


@pytest.mark.slow
def test_metadata_places_a_new_item_and_leaves_a_known_one_where_its_id_is() -> None:
    world = two_camps(timestamps=False)
    towers = fit(world, world.interactions, QUICK, text=None, progress=Silent()).towers
    red, blue = (
        pd.concat([coloured(item, colour) for item in ("i0", "never seen")], ignore_index=True)
        for colour in ("red", "blue")
    )
    likeness = (towers.item_vectors(red, None) * towers.item_vectors(blue, None)).sum(axis=1)
    assert likeness[0] == pytest.approx(1, abs=1e-5)
    assert likeness[1] < 0.9


@pytest.mark.slow
def test_data_without_timestamps_take_a_share_of_the_learning_rate() -> None:
    world = two_camps(timestamps=False)
    slow, fast = (
        fit(world, world.interactions, QUICK.model_copy(update={"unordered_pace": pace}), text=None, progress=Silent())
        for pace in (0.01, 1.0)
    )
    assert slow.curve[-1].loss > fast.curve[-1].loss + 0.01


def test_the_order_of_a_history_means_nothing() -> None:
    rng = np.random.default_rng(0)
    tower = UnorderedUserTower(0, 5, 4, 8, 0.5)
    vectors = rng.normal(size=(1, 3, 4)).astype(np.float32)
    rest = {
        "present": np.ones((1, 3), np.float32),
        "position": np.array([[3]], np.int32),
        "context": rng.normal(size=(1, 1, 3)).astype(np.float32),
        "metadata": np.ones((1, 2), np.float32),
        "user": np.zeros(1, np.int32),
    }
    forward, backward = tower({"vectors": vectors, **rest}), tower({"vectors": vectors[:, ::-1], **rest})
    np.testing.assert_allclose(forward, backward, atol=1e-6)
    assert not np.allclose(forward, tower({"vectors": 2 * vectors, **rest}), atol=1e-3)

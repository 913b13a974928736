"""Lists of several sources become one."""

import numpy as np
import pytest

from pharos.towers.sources.merging import CONTENT, NEIGHBOURS, TOWER, MergeWeights, Weights, merge, scaled

EVEN = Weights(0.5, 0.25, 0.25)


def found(rows: list[int], scores: list[float]) -> tuple[np.ndarray, np.ndarray]:
    return np.array(rows, np.int64), np.array(scores, np.float32)


def test_the_best_of_each_list_has_one_and_the_last_of_the_towers_nothing() -> None:
    assert scaled(np.array([0.9, 0.7, 0.5], np.float32), TOWER) == pytest.approx([1, 0.5, 0])
    assert scaled(np.array([8, 4, 2], np.float32), NEIGHBOURS) == pytest.approx([1, 0.5, 0.25])


def test_a_list_of_one_item_has_the_best_score_there_is() -> None:
    assert scaled(np.array([-0.3], np.float32), TOWER).tolist() == [1]
    assert scaled(np.array([0.2], np.float32), CONTENT).tolist() == [1]


def test_an_item_has_nothing_from_a_list_that_it_is_not_in() -> None:
    rows, parts = merge([found([3, 1], [0.9, 0.1]), found([7], [2.0]), found([], [])])
    assert rows.tolist() == [1, 3, 7]
    assert parts.tolist() == [[0, 0, 0], [1, 0, 0], [0, 1, 0]]


def test_new_items_are_weighed_by_their_own_weights() -> None:
    weights = MergeWeights(EVEN, Weights(0.0, 0.0, 1.0))
    parts = np.array([[1, 1, 0.5], [1, 1, 0.5]], np.float32)
    assert weights.merged(parts, np.array([False, True])) == pytest.approx([0.875, 0.5])


def test_the_source_that_adds_most_leads() -> None:
    weights = MergeWeights(EVEN, EVEN)
    parts = np.array([[0.4, 1, 0], [0.6, 1, 0], [0, 0, 0.1]], np.float32)
    assert weights.leading(parts, np.zeros(3, bool)).tolist() == [NEIGHBOURS, TOWER, CONTENT]


def test_saved_weights_come_back() -> None:
    weights = MergeWeights(EVEN, Weights(0.2, 0.3, 0.5))
    assert MergeWeights.from_state(weights.state()) == weights

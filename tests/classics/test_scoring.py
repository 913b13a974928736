"""Lists from scores."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from pharos.classics.scoring import best_of, top_lists

SCORES = np.array([[0.1, 0.9, 0.5, 0.7], [0.4, 0.3, 0.2, 0.1]], dtype=np.float32)
NOTHING_SEEN = csr_matrix((2, 4), dtype=np.float32)


def listed(scores: np.ndarray = SCORES, seen: csr_matrix = NOTHING_SEEN, **options) -> list[list[int]]:
    users = np.arange(len(scores))
    return [entry.items.tolist() for entry in top_lists(lambda codes: scores[codes], users, seen, **options)]


def test_lists_are_best_first_and_k_long() -> None:
    assert listed(k=3) == [[1, 3, 2], [0, 1, 2]]


def test_a_list_carries_the_scores_of_its_items() -> None:
    (first, _) = top_lists(lambda codes: SCORES[codes], np.array([0, 1]), NOTHING_SEEN, k=2)
    assert first.scores.tolist() == pytest.approx([0.9, 0.7])


def test_what_a_user_has_seen_is_not_listed() -> None:
    seen = csr_matrix(np.array([[0, 1, 0, 0], [1, 0, 1, 0]], dtype=np.float32))
    assert listed(seen=seen, k=4) == [[3, 2, 0], [1, 3]]


def test_only_allowed_items_are_listed() -> None:
    assert listed(k=4, allowed=np.array([True, False, False, True])) == [[3, 0], [0, 3]]


def test_asking_for_more_than_exist_gives_all_that_exist() -> None:
    assert listed(k=50) == [[1, 3, 2, 0], [0, 1, 2, 3]]


def test_equal_scores_stand_in_the_order_of_their_codes_even_at_the_cut() -> None:
    assert listed(np.array([[1, 2, 1, 2, 1]], dtype=np.float32), csr_matrix((1, 5)), k=3) == [[1, 3, 0]]


def test_an_infinitely_low_score_leaves_an_item_out() -> None:
    scores = np.array([[0.2, -np.inf, 0.1]], dtype=np.float32)
    assert listed(scores, csr_matrix((1, 3)), k=3) == [[0, 2]]


def test_a_score_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="NaN"):
        listed(np.array([[0.2, np.nan]], dtype=np.float32), csr_matrix((1, 2)), k=1)


def test_the_scores_handed_in_stay_as_they_are() -> None:
    before = SCORES.copy()
    listed(seen=csr_matrix(np.ones((2, 4), dtype=np.float32)), k=2)
    assert np.array_equal(SCORES, before)


def test_the_size_of_the_blocks_changes_nothing() -> None:
    scores = np.random.default_rng(0).random((7, 30), np.float32)
    seen = csr_matrix(scores > 0.8)
    assert listed(scores, seen, k=5, block=1) == listed(scores, seen, k=5, block=3) == listed(scores, seen, k=5)


@given(st.lists(st.integers(0, 5), max_size=30), st.integers(1, 40))
def test_the_best_are_those_of_a_full_stable_sort(values: list[int], k: int) -> None:
    scores = np.array(values, dtype=np.float32)
    assert best_of(scores, k).tolist() == np.argsort(-scores, kind="stable")[:k].tolist()

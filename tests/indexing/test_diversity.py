"""Choosing items that are good and unlike each other."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharos.indexing.diversity import SIMILARITIES, Scale, mean_similarity, mmr, scaled

TWINS = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], dtype=np.float32)


def random_candidates(seed: int, count: int, length: int = 6) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(count, length))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.sort(random.random(count))[::-1].astype(np.float32), vectors.astype(np.float32)


def brute_force(relevance: np.ndarray, vectors: np.ndarray, k: int, diversity: float, scale: Scale) -> list[int]:
    """The definition, word by word: every pair compared anew for every place."""
    n, k = len(relevance), min(k, len(relevance))

    def mean_of_pairs(items: list[int]) -> float:
        pairs = [(i, j) for i in items for j in items if i != j]
        return sum(float(vectors[i] @ vectors[j]) for i, j in pairs) / len(pairs) if pairs else 0.0

    unit = max(mean_of_pairs(list(range(k))) - (mean_of_pairs(list(range(n))) if scale.beyond_all else 0), 0.05)
    chosen = [int(np.argmax(relevance))]
    while len(chosen) < k:

        def worth(item: int) -> float:
            alike = sum(float(vectors[item] @ vectors[other]) for other in chosen) / (k - 1)
            use = float(np.exp(scale.steepness * (relevance[item] - 1)))
            return (1 - diversity) * use - diversity * scale.weight * alike / unit

        chosen.append(max((item for item in range(n) if item not in chosen), key=worth))
    return sorted(chosen, key=lambda item: -relevance[item])


@given(
    st.integers(0, 10_000),
    st.integers(1, 25),
    st.integers(1, 12),
    st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.75, 0.9, 1.0]),
    st.sampled_from([SIMILARITIES, Scale.of_log_odds(np.array([4, 0], np.float32)), Scale(9.0, 0.2, True)]),
)
def test_the_choice_is_that_of_the_definition(seed: int, count: int, k: int, diversity: float, scale: Scale) -> None:
    relevance, vectors = random_candidates(seed, count)
    relevance = scaled(relevance)
    expected = brute_force(relevance, vectors, k, diversity, scale)
    assert mmr(relevance, vectors, k, diversity, scale).tolist() == expected


@given(st.integers(0, 10_000), st.integers(0, 30), st.integers(1, 40))
def test_no_diversity_is_the_plain_order(seed: int, count: int, k: int) -> None:
    relevance, vectors = random_candidates(seed, count)
    assert mmr(relevance, vectors, k, 0.0).tolist() == list(range(min(k, count)))


def test_full_diversity_takes_the_best_item_and_then_what_is_unlike_it() -> None:
    relevance = np.array([1.0, 0.9, 0.2, 0.1], dtype=np.float32)
    assert mmr(relevance, TWINS, 2, 1.0).tolist() == [0, 2]


def test_more_diversity_never_makes_a_list_more_alike_by_much() -> None:
    relevance, vectors = random_candidates(7, 200)
    alike = [mean_similarity(vectors[mmr(relevance, vectors, 10, diversity)]) for diversity in (0, 0.25, 0.5, 0.75, 1)]
    assert all(later <= earlier + 0.02 for earlier, later in pairwise(alike))
    assert alike[-1] < alike[0] - 0.1


def test_a_list_is_in_the_order_of_relevance() -> None:
    relevance, vectors = random_candidates(3, 100)
    chosen = mmr(relevance, vectors, 20, 0.6)
    assert (np.diff(relevance[chosen]) <= 0).all()


def test_constant_relevance_leaves_only_likeness_to_decide() -> None:
    assert mmr(scaled(np.full(4, 0.3, np.float32)), TWINS, 2, 0.5).tolist() == [0, 2]


@pytest.mark.parametrize(("count", "expected"), [(0, []), (1, [0])])
def test_none_and_one_candidate_are_no_error(count: int, expected: list[int]) -> None:
    assert mmr(np.ones(count, np.float32), TWINS[:count], 10, 0.5).tolist() == expected


def test_items_without_a_vector_are_like_nothing() -> None:
    vectors = np.array([[1, 0], [1, 0], [0, 0]], dtype=np.float32)
    assert mmr(np.array([1, 0.9, 0.1], np.float32), vectors, 2, 0.9).tolist() == [0, 2]


def test_scores_are_brought_to_the_range_from_worst_to_best() -> None:
    assert scaled(np.array([3.0, 2.0, 1.0], np.float32)).tolist() == [1.0, 0.5, 0.0]
    assert scaled(np.array([5.0, 5.0], np.float32)).tolist() == [1.0, 1.0]
    assert scaled(np.zeros(0, np.float32)).tolist() == []


def test_log_odds_that_differ_more_fall_more_steeply() -> None:
    log_odds = np.array([2.0, 1.0, -1.0], np.float32)
    plain, doubled, moved = (Scale.of_log_odds(scores).steepness for scores in (log_odds, 2 * log_odds, log_odds + 5))
    assert doubled == pytest.approx(2 * plain)
    assert moved == pytest.approx(plain)


@pytest.mark.parametrize("count", [0, 1])
def test_the_scale_of_no_list_is_no_error(count: int) -> None:
    assert Scale.of_log_odds(np.ones(count, np.float32)).steepness == 0


def test_the_mean_similarity_is_that_of_all_pairs() -> None:
    _, vectors = random_candidates(1, 9)
    pairs = [float(vectors[i] @ vectors[j]) for i in range(9) for j in range(9) if i != j]
    assert mean_similarity(vectors) == pytest.approx(np.mean(pairs), abs=1e-6)
    assert mean_similarity(vectors[:1]) == 0.0

"""Intervals of means and of paired differences."""

import numpy as np
import pytest

from pharos.evaluation.bootstrap import bootstrap, difference_interval, mean_interval


def test_equal_values_leave_no_doubt() -> None:
    interval = mean_interval([0.3] * 20)
    assert (interval.low, interval.estimate, interval.high) == pytest.approx((0.3, 0.3, 0.3))


def test_interval_of_a_mean_agrees_with_the_normal_approximation() -> None:
    values = np.random.default_rng(1).normal(5.0, 2.0, 400)
    interval = mean_interval(values, draws=4000)
    error = 1.96 * values.std() / np.sqrt(400)
    assert interval.estimate == pytest.approx(values.mean())
    assert interval.low == pytest.approx(values.mean() - error, abs=0.03)
    assert interval.high == pytest.approx(values.mean() + error, abs=0.03)


def test_pairing_takes_away_what_users_have_in_common() -> None:
    difficulty = np.random.default_rng(2).random(200)
    interval = difference_interval(difficulty + 0.01, difficulty)
    assert interval.low == pytest.approx(0.01)
    assert interval.high == pytest.approx(0.01)


def test_the_same_seed_draws_the_same_users_and_another_does_not() -> None:
    values = np.random.default_rng(3).random(50)
    assert mean_interval(values, seed=1) == mean_interval(values, seed=1)
    assert mean_interval(values, seed=1) != mean_interval(values, seed=2)


def test_draws_beyond_one_block_count_whole() -> None:
    drawn = []

    def total(counts: np.ndarray) -> np.ndarray:
        drawn.append(len(counts))
        return counts.sum(axis=1)

    interval = bootstrap(total, users=7, draws=250)
    assert sum(drawn[:-1]) == 250
    assert (interval.low, interval.high) == (7, 7)


def test_a_difference_needs_the_same_users_on_both_sides() -> None:
    with pytest.raises(ValueError, match="3 and 2"):
        difference_interval([1, 2, 3], [1, 2])

"""Grid search under a time limit."""

from collections.abc import Iterator
from dataclasses import dataclass

from pharos.evaluation.tuning import grid_search


@dataclass(frozen=True)
class Config:
    value: int


GRID = [Config(value) for value in (3, 7, 5)]


def seconds(*moments: float) -> Iterator[float]:
    return iter(moments)


def test_the_highest_figure_wins_and_all_attempts_are_kept() -> None:
    best, tuning = grid_search(GRID, lambda config: config.value / 10, budget=1e9, higher_is_better=True)
    assert best == Config(7)
    assert tuning.settings == {"value": 7}
    tried = [(attempt.settings["value"], attempt.figure) for attempt in tuning.attempts]
    assert tried == [(3, 0.3), (7, 0.7), (5, 0.5)]
    assert tuning.untried == 0


def test_the_lowest_error_wins() -> None:
    best, _ = grid_search(GRID, lambda config: float(config.value), budget=1e9, higher_is_better=False)
    assert best == Config(3)


def test_the_first_of_equals_wins() -> None:
    best, _ = grid_search(GRID, lambda config: 1.0, budget=1e9, higher_is_better=True)
    assert best == Config(3)


def test_nothing_is_begun_after_the_time_is_up() -> None:
    clock = seconds(0, 0, 6, 6, 12, 12).__next__
    best, tuning = grid_search(GRID, lambda config: config.value, budget=10, higher_is_better=True, clock=clock)
    assert best == Config(7)
    assert tuning.untried == 1
    assert [attempt.seconds for attempt in tuning.attempts] == [6, 6]


def test_the_first_configuration_is_tried_even_without_time() -> None:
    best, tuning = grid_search(GRID, lambda config: config.value, budget=0, higher_is_better=True)
    assert best == Config(3)
    assert tuning.untried == 2

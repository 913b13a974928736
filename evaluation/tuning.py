"""Grid search on the tuning fold, within a time budget."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, TypeVar

Settings = Mapping[str, Any]
Clock = Callable[[], float]
Config = TypeVar("Config")


@dataclass(frozen=True)
class Attempt:
    """One configuration and its score on the tuning fold. figure: ndcg@10, or RMSE for ratings."""

    settings: Settings
    figure: float
    seconds: float


@dataclass(frozen=True)
class Tuning:
    """The record of a grid search.

    settings: the chosen ones. attempts: all that were tried, in order. untried: configurations that time left out.
    curves: of the chosen run, by name (loss, ndcg@10, ...), one value per epoch; empty for what has no epochs.
    """

    settings: Settings
    attempts: tuple[Attempt, ...]
    untried: int = 0
    curves: Mapping[str, Sequence[float]] = field(default_factory=dict)


def grid_search(
    grid: Sequence[Config],
    judge: Callable[[Config], float],
    *,
    budget: float,
    higher_is_better: bool,
    clock: Clock = time.perf_counter,
) -> tuple[Config, Tuning]:
    """Try the configurations in order; returns the best with the record of all. Of equals the first wins.

    grid: dataclass instances, at least one. judge: gives a configuration's figure. budget: seconds after which none
    is begun; the first is always tried, and none is broken off.
    """
    start, attempts = clock(), list[Attempt]()
    for config in grid:
        begun = clock()
        if attempts and begun - start >= budget:
            break
        figure = judge(config)
        attempts.append(Attempt(settings_of(config), figure, clock() - begun))
    sign = 1.0 if higher_is_better else -1.0
    best = max(range(len(attempts)), key=lambda place: sign * attempts[place].figure)
    return grid[best], Tuning(attempts[best].settings, tuple(attempts), untried=len(grid) - len(attempts))


def settings_of(config: Any) -> Settings:
    """The fields of a configuration dataclass, by name."""
    return asdict(config) if fields(config) else {}

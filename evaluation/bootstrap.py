"""Bootstrap confidence intervals over users (Efron and Tibshirani, 1993)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

DRAWS = 2000
SEED = 20_26
_BLOCK = 100

Statistic = Callable[[NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True)
class Interval:
    """An estimate and the range that holds 95 % of its bootstrap replicates."""

    estimate: float
    low: float
    high: float


def bootstrap(statistic: Statistic, users: int, *, draws: int = DRAWS, seed: int = SEED) -> Interval:
    """The percentile interval of a statistic over users resampled with replacement.

    statistic: takes how often each user was drawn, float64 [draws, users], and gives a value for each draw.
    A given seed makes the same draws for every method, so intervals of one report can be compared.
    """
    random = np.random.default_rng(seed)
    replicates = []
    for start in range(0, draws, _BLOCK):
        size = min(_BLOCK, draws - start)
        drawn = random.integers(users, size=(size, users))
        offsets = np.arange(size)[:, None] * users
        counts = np.bincount((drawn + offsets).ravel(), minlength=size * users).reshape(size, users)
        replicates.append(statistic(counts.astype(float)))
    low, high = np.percentile(np.concatenate(replicates), [2.5, 97.5])
    estimate = statistic(np.ones((1, users)))[0]
    return Interval(float(estimate), float(low), float(high))


def mean_interval(values: ArrayLike, *, draws: int = DRAWS, seed: int = SEED) -> Interval:
    """The interval of a mean over users; values: one per user."""
    values = np.asarray(values, dtype=float)
    return bootstrap(lambda drawn: drawn @ values / len(values), len(values), draws=draws, seed=seed)


def difference_interval(ours: ArrayLike, theirs: ArrayLike, *, draws: int = DRAWS, seed: int = SEED) -> Interval:
    """The interval of mean(ours) - mean(theirs), paired: both hold the same users in the same order.

    Raises ValueError where the two differ in length.
    """
    ours, theirs = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    if ours.shape != theirs.shape:
        raise ValueError(f"a paired difference needs the same users on both sides, not {len(ours)} and {len(theirs)}")
    return mean_interval(ours - theirs, draws=draws, seed=seed)

"""Random samples of users, where all of them would make a figure slower but hardly surer."""

from collections.abc import Iterable

import numpy as np


def sample_users(users: Iterable[str], most: int, seed: int = 0) -> list[str]:
    """The different users, sorted; of more than `most` so many, drawn at random, with the same seed always the same."""
    different = sorted(set(users))
    if len(different) <= most:
        return different
    chosen = np.random.default_rng(seed).choice(len(different), most, replace=False)
    return [different[place] for place in np.sort(chosen)]

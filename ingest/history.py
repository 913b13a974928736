"""The order of a user's events."""

import hashlib
from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pharos.ingest.columns import Columns


def digests(texts: Iterable[str], count: int) -> NDArray[np.int64]:
    """The first 32 bits of each text's MD5, a reproducible pseudo-random number: int64 [count]."""
    return np.fromiter((int(hashlib.md5(text.encode()).hexdigest()[:8], 16) for text in texts), np.int64, count)


def pair_keys(interactions: pd.DataFrame) -> pd.Series:
    """The key of each event: user and item joined by a bar, str [events]."""
    return interactions[Columns.USER] + "|" + interactions[Columns.ITEM]


def order(interactions: pd.DataFrame) -> pd.DataFrame:
    """Sort events by user (as text), then timestamp, then row; the index is reset.

    Without timestamps the order within a user is that of md5("user|item"): arbitrary, but the same everywhere.
    """
    if Columns.TIMESTAMP in interactions:
        when = interactions[Columns.TIMESTAMP].to_numpy()
    else:
        when = digests(pair_keys(interactions), len(interactions))
    users, _ = pd.factorize(interactions[Columns.USER], sort=True)
    return interactions.iloc[np.lexsort((when, users))].reset_index(drop=True)

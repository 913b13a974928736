"""Train, validation and test splits, one per evaluation protocol.

Each split is a partition of the events into frames of the same columns, in per-user chronological order. Splits depend
on ids and times alone, so that they can be reproduced without this code.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pharos.ingest.columns import Columns
from pharos.ingest.history import digests, order, pair_keys

_FEWEST_TO_LEAVE_OUT = 3
"""Events of a user of whom one is test, one validation, and at least one training."""


@dataclass(frozen=True)
class Split:
    """Training, validation and test events: disjoint, together all events."""

    train: pd.DataFrame
    validation: pd.DataFrame
    test: pd.DataFrame


def chronological(interactions: pd.DataFrame) -> Split:
    """Per user: the last fifth of the events is the test part, the tenth before it the validation part.

    Event r (from 0) of a user's n is test when 10(r+1) > 8n, else validation when 10(r+1) > 7n, else training.
    """
    events = order(interactions)
    by_user = events.groupby(Columns.USER, sort=False)[Columns.ITEM]
    count = by_user.transform("size").to_numpy()
    place = 10 * (by_user.cumcount().to_numpy() + 1)
    return _split(events, validation=place > 7 * count, test=place > 8 * count)


def leave_one_out(interactions: pd.DataFrame) -> Split:
    """Per user: the last event is the test part, the one before it the validation part, all others are training.

    All events of a user of fewer than three are training. This is how the papers on sequential recommendation measure
    (Kang and McAuley, 2018, https://arxiv.org/abs/1808.09781).
    """
    events = order(interactions)
    by_user = events.groupby(Columns.USER, sort=False)[Columns.ITEM]
    later = by_user.cumcount(ascending=False).to_numpy()
    enough = by_user.transform("size").to_numpy() >= _FEWEST_TO_LEAVE_OUT
    return _split(events, validation=enough & (later == 1), test=enough & (later == 0))


def global_moment(interactions: pd.DataFrame) -> Split:
    """One moment for all users: later events are the test part, about a tenth of all events.

    A second moment, found in the same way among the events before the first, parts validation from training. So no
    method learns from events that lie in another user's future, as with splits by user (Gusak et al., "Time to
    Split", 2025, https://arxiv.org/abs/2507.16289). Needs timestamps; see `last_tenth` for how a moment is chosen.
    """
    events = order(interactions)
    stamps = events[Columns.TIMESTAMP].to_numpy()
    test = last_tenth(stamps)
    validation = np.zeros(len(events), bool)
    validation[~test] = last_tenth(stamps[~test])
    return _split(events, validation=validation, test=test)


def last_tenth(stamps: NDArray[np.int64]) -> NDArray[np.bool_]:
    """A mask of the events from one moment on, bool [len(stamps)]; the moment is chosen to split off about a tenth.

    Equal timestamps are never parted; of two moments that are equally near it is the later. All False where there are
    fewer than two different timestamps.
    """
    moments, counts = np.unique(stamps, return_counts=True)
    if len(moments) < 2:
        return np.zeros(len(stamps), bool)
    # From the latest moment back; the first is left out, since nothing would come before it.
    parted_off = np.cumsum(counts[:0:-1])
    nearest = int(np.argmin(np.abs(10 * parted_off - len(stamps))))
    chosen: NDArray[np.bool_] = stamps >= moments[::-1][nearest]
    return chosen


def cold(interactions: pd.DataFrame) -> Split:
    """All events of about a tenth of the items are the test part, so that these items are unseen in training.

    Cold are the items of `is_cold`; there is no validation part.
    """
    events = order(interactions)
    items, codes = _unique(events[Columns.ITEM])
    return _split(events, validation=np.zeros(len(events), bool), test=is_cold(items)[codes])


def rating(interactions: pd.DataFrame) -> Split:
    """A random tenth of the events is the test part: md5("user|item|rating") modulo 10 is 0. No validation part."""
    events = order(interactions)
    test = digests(pair_keys(events) + "|rating", len(events)) % 10 == 0
    return _split(events, validation=np.zeros(len(events), bool), test=test)


def is_cold(item_ids: pd.Series) -> NDArray[np.bool_]:
    """Whether each item is cold in the `cold` protocol: its md5 modulo 10 is 3. bool [items]."""
    cold_items: NDArray[np.bool_] = digests(item_ids, len(item_ids)) % 10 == 3
    return cold_items


def _unique(values: pd.Series) -> tuple[pd.Series, NDArray[np.intp]]:
    codes, unique = pd.factorize(values)
    return pd.Series(unique), codes


def _split(events: pd.DataFrame, *, validation: NDArray[np.bool_], test: NDArray[np.bool_]) -> Split:
    parts = (~(validation | test), validation & ~test, test)
    return Split(*(events[part].reset_index(drop=True) for part in parts))

"""Training windows: parts of a user's history in which each event is a target once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from pharos.ingest.columns import Columns
from pharos.ingest.history import order
from pharos.towers.histories.context import HistoryScale, Windows

# Windows out of which those of similar length are put together.
_DEALT_TOGETHER = 256


@dataclass(frozen=True)
class Sequences:
    """All training events, sorted by user and then by time.

    item: int32 [e], the row of the item in the training catalogue; rating, stamp: float64 [e], NaN where unknown;
    offsets: int64 [u + 1], where each user's events start; users: the ids of the u users.
    """

    item: npt.NDArray[np.int32]
    rating: npt.NDArray[np.float64]
    stamp: npt.NDArray[np.float64]
    offsets: npt.NDArray[np.int64]
    users: list[str]

    @classmethod
    def of(cls, interactions: pd.DataFrame, catalogue: pd.Index) -> "Sequences":
        """Sort interactions into sequences. catalogue: the item ids in the order of their rows."""
        events = order(interactions)
        codes, users = pd.factorize(events[Columns.USER])
        starts = np.flatnonzero(np.diff(codes, prepend=-1))
        return cls(
            item=catalogue.get_indexer(pd.Index(events[Columns.ITEM])).astype(np.int32),
            rating=_optional(events, Columns.RATING),
            stamp=_optional(events, Columns.TIMESTAMP),
            offsets=np.append(starts, len(events)).astype(np.int64),
            users=users.tolist(),
        )

    def __len__(self) -> int:
        """Count of events."""
        return len(self.item)

    def shuffled(self, rng: np.random.Generator) -> "Sequences":
        """The same users with their events in random order, for data whose order has no meaning."""
        user = np.repeat(np.arange(len(self.users)), np.diff(self.offsets))
        rows = np.lexsort((rng.random(len(self)), user))
        return Sequences(self.item[rows], self.rating[rows], self.stamp[rows], self.offsets, self.users)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Events `start` … `stop` of all events; those from `first_target` on are targets. user: the user's number."""

    user: int
    begin: int
    start: int
    first_target: int
    stop: int


def stretches(sequences: Sequences, length: int) -> list[Stretch]:
    """Cut every history into windows of at most `length` events.

    The first window of a user has targets from its first event on. Later windows overlap the one before by half, so
    that every target has at least half a window of history.
    """
    half = max(length // 2, 1)
    cut = []
    for user, (begin, end) in enumerate(zip(sequences.offsets[:-1], sequences.offsets[1:], strict=True)):
        target = int(begin)
        while target < end:
            stop = min(int(end), target + (length if target == begin else half))
            cut.append(Stretch(user, int(begin), max(int(begin), stop - length), target, stop))
            target = stop
    return cut


def whole_histories(sequences: Sequences, length: int) -> list[Stretch]:
    """One window for each user: the newest `length` events."""
    return [
        Stretch(user, int(begin), max(int(begin), int(end) - length), max(int(begin), int(end) - length), int(end))
        for user, (begin, end) in enumerate(zip(sequences.offsets[:-1], sequences.offsets[1:], strict=True))
    ]


def in_batches(cut: Sequence[Stretch], events: int, rng: np.random.Generator) -> list[list[Stretch]]:
    """Group windows into batches of about `events` positions, padding included, in random order.

    Windows of similar length, out of a random part of all windows, share a batch, which halves the padding.
    """
    order = rng.permutation(len(cut))
    batches: list[list[Stretch]] = []
    for part in np.array_split(order, max(1, len(cut) // _DEALT_TOGETHER)):
        current: list[Stretch] = []
        for stretch in sorted((cut[k] for k in part), key=lambda s: s.stop - s.start):
            if current and (len(current) + 1) * (stretch.stop - stretch.start) > events:
                batches.append(current)
                current = []
            current.append(stretch)
        batches.append(current)
    return [batches[k] for k in rng.permutation(len(batches))]


@dataclass(frozen=True)
class Batch:
    """b windows of up to l events, padded at the end.

    item: int32 [b, l]; user: int64 [b]; windows: see towers.histories.context.Windows; place: int64 [t], the flat
    position (row * l + column) of each target event; positive: int32 [t, ahead], the items of that event and of those
    that follow it, -1 where the history ends.
    """

    item: npt.NDArray[np.int32]
    user: npt.NDArray[np.int64]
    windows: Windows
    place: npt.NDArray[np.int64]
    positive: npt.NDArray[np.int32]


def gather(sequences: Sequences, cut: Sequence[Stretch], scale: HistoryScale, ahead: int) -> Batch:
    """The arrays of some windows. ahead: how many of the following events each state has to predict."""
    shape = (len(cut), max(stretch.stop - stretch.start for stretch in cut))
    item, present, rating = np.zeros(shape, np.int32), np.zeros(shape, bool), np.full(shape, np.nan)
    places, positives = [], []
    for row, stretch in enumerate(cut):
        events, count = slice(stretch.start, stretch.stop), stretch.stop - stretch.start
        item[row, :count], present[row, :count] = sequences.item[events], True
        rating[row, :count] = sequences.rating[events]
        places.append(row * shape[1] + np.arange(stretch.first_target - stretch.start, count))
        following = np.arange(stretch.first_target, stretch.stop)[:, None] + np.arange(ahead)
        end = sequences.offsets[stretch.user + 1]
        positives.append(np.where(following < end, sequences.item[np.minimum(following, end - 1)], -1))
    windows = Windows(present, scale.ratings(rating), np.array([stretch.start - stretch.begin for stretch in cut]))
    users = np.array([stretch.user for stretch in cut])
    return Batch(item, users, windows, np.concatenate(places), np.concatenate(positives))


def _optional(events: pd.DataFrame, column: str) -> npt.NDArray[np.float64]:
    return events[column].to_numpy(np.float64) if column in events else np.full(len(events), np.nan)

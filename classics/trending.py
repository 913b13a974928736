"""Trending items: event counts in time windows, and the items that rise fastest."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

import numpy as np
import pandas as pd

from pharos.classics.catalogue import Catalogue
from pharos.classics.data import Floats
from pharos.classics.errors import CannotAnswer
from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset

_SECONDS: Final = {"h": 3600, "d": 86_400, "w": 7 * 86_400}
_LENGTH: Final = re.compile(r"(\d{1,6})([hdw])")
SINCE_ALLOWED: Final = "hours, days or weeks, as in 12h, 7d, 4w, or a date, as in 2015-03-31"
"""What the text of a window may be."""


class ChartOrder(StrEnum):
    """The order of a chart.

    rating: weighted rating, of items with as many votes as the top tenth has. events: their count, each type by its
    weight. rising: how far events in a time window are above what the window before leads one to expect.
    """

    RATING = "rating"
    EVENTS = "events"
    RISING = "rising"


@dataclass(frozen=True)
class Window:
    """A time window in unix seconds: from `start` on, before `stop`."""

    start: int
    stop: int

    @classmethod
    def since(cls, text: str, dataset: Dataset) -> "Window":
        """A window that ends with the newest event of a data set, which may lie in the past.

        text: a length before it, or the day (of UTC) that it begins. Raises CannotAnswer for another text, and for data
        without times.
        """
        if not dataset.schema.has_timestamp or dataset.interactions.empty:
            raise CannotAnswer(f"{dataset.name} has no times of its events, so nothing is known of a window of time")
        return cls.up_to(int(dataset.interactions[Columns.TIMESTAMP].max()), text)

    @classmethod
    def up_to(cls, newest: int, text: str) -> "Window":
        """A window up to and including a moment, in unix seconds. Raises CannotAnswer as `since`."""
        stop = newest + 1
        length = _LENGTH.fullmatch(text.strip())
        start = stop - int(length[1]) * _SECONDS[length[2]] if length else _day(text)
        if start >= stop:
            day = datetime.fromtimestamp(newest, UTC).date()
            raise CannotAnswer(f"since {text!r}: there are no events in this window; the newest event is of {day}")
        return cls(start, stop)

    @property
    def before(self) -> "Window":
        """The window of the same length just before this one."""
        return Window(2 * self.start - self.stop, self.start)

    def events(self, interactions: pd.DataFrame) -> pd.DataFrame:
        """The events within the window."""
        times = interactions[Columns.TIMESTAMP]
        return interactions[(times >= self.start) & (times < self.stop)]


def counts(dataset: Dataset, interactions: pd.DataFrame) -> Floats:
    """The event count of each item: float64 [items]."""
    codes = Catalogue.of(dataset).item_codes(interactions[Columns.ITEM])
    return np.bincount(codes, minlength=len(dataset.items)).astype(np.float64)


def rising(dataset: Dataset, window: Window) -> Floats:
    """How far each item's count in a window is above what the window before leads one to expect: float64 [items].

    See `rise`, which raises CannotAnswer where there is nothing before.
    """
    now, then = (counts(dataset, part.events(dataset.interactions)) for part in (window, window.before))
    return rise(now, then)


def rise(now: Floats, then: Floats) -> Floats:
    """Standard scores (n - e) / sqrt(e + 1): float64 [items]. now, then: counts in a window and the one before it.

    n: events now; e: events then, scaled by how many all items have now and had then. For events that come
    independently (Poisson) e is also their variance, so that it is a standard score; the 1 keeps a single event of
    a new item from scoring high. Raises CannotAnswer where there is nothing before.
    """
    if not then.any():
        raise CannotAnswer("there are no events in the window before this one to compare with; take a shorter window")
    expected = then * (now.sum() / then.sum())
    risen: Floats = (now - expected) / np.sqrt(expected + 1)
    return risen


def _day(text: str) -> int:
    try:
        return int(datetime.strptime(text.strip(), "%Y-%m-%d").replace(tzinfo=UTC).timestamp())
    except (ValueError, OverflowError):
        raise CannotAnswer(f"since {text!r} is not possible; allowed are {SINCE_ALLOWED}") from None

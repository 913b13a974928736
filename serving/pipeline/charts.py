"""Charts of the store: by weighted rating, by count of events, and what rises, ever or in a window of time."""

import time
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import numpy as np

from pharos.classics.data import Floats
from pharos.classics.errors import CannotAnswer
from pharos.classics.trending import SINCE_ALLOWED, ChartOrder, Window, rise
from pharos.classics.weighted_rating import Votes, WeightedRating
from pharos.indexing.filters import Filter
from pharos.serving.errors import NotOffered
from pharos.serving.pipeline.answers import Candidate, Source
from pharos.serving.pipeline.eligible import Eligible
from pharos.serving.pipeline.kept import Kept
from pharos.serving.pipeline.requests import Selection
from pharos.serving.store import ItemEvents, Store

_Chart: TypeAlias = Sequence[tuple[str, float]]
_KEPT: Final = 32
_LONGEST: Final = 20_000
"""Entries kept of a chart: more than a request can ask for and exclude."""


class RetrieveChart:
    """Retrieves the items of a chart, each with events in the window. Charts are kept for a while (`Kept`).

    keep_seconds: how long at least; now: the present, in unix seconds.
    """

    def __init__(
        self, store: Store, eligible: Eligible, keep_seconds: float, now: Callable[[], float] = time.time
    ) -> None:
        self._store, self._eligible, self._now = store, eligible, now
        self._kept: Kept[tuple[ChartOrder, str | None, Filter], _Chart] = Kept(keep_seconds, _KEPT)

    def __call__(self, order: ChartOrder, since: str | None, selection: Selection) -> list[Candidate]:
        """At most k items, the best first. since: as `pharos.classics.trending.Window` reads it.

        The window reaches back from the newest event that is not in the future. Raises NotOffered for a window that
        is none, for `rising` without one, and for `rating` where nothing is rated.
        """
        if order is ChartOrder.RISING and since is None:
            raise NotOffered("order", order.value, "rising with since, as in since=7d; without since: rating, events")
        chart = self._kept.get(
            (order, since, selection.filter), lambda: self._ranked(order, since, selection.filter)[:_LONGEST]
        )
        candidates = (Candidate(item_id, score, Source.POPULAR) for item_id, score in chart)
        return self._eligible(candidates, selection.exclude, selection.k)

    def _ranked(self, order: ChartOrder, since: str | None, filter: Filter) -> _Chart:
        window = self._window(since)
        if since is not None and window is None:
            return ()
        counts = self._counts(window)
        if order is ChartOrder.RATING:
            return self._by_rating(counts, filter)
        if order is ChartOrder.RISING and window is not None:
            scores = self._rise(counts, window, since)
        else:
            scores = np.array([item.weight for item in counts], np.float64)
        best = np.argsort(-scores, kind="stable")
        ranked = [(counts[place].item_id, float(scores[place])) for place in best.tolist() if scores[place] > 0]
        passing = self._passing([item_id for item_id, _ in ranked], filter)
        return [entry for entry in ranked if entry[0] in passing]

    def _by_rating(self, counts: Sequence[ItemEvents], filter: Filter) -> _Chart:
        """With a filter, m and C are those of the items that pass."""
        rated = [item for item in counts if item.ratings]
        if not rated:
            raise NotOffered("order", ChartOrder.RATING.value, "events, or rising with since: there are no ratings")
        passing = self._passing([item.item_id for item in rated], filter)
        rated = [item for item in rated if item.item_id in passing]
        many = np.array([item.ratings for item in rated], np.float64)
        sums = np.array([item.rating_sum for item in rated], np.float64)
        chart = WeightedRating().chart(Votes(many, sums / np.maximum(many, 1)))
        ranked = zip(chart.items.tolist(), chart.scores.tolist(), strict=True)
        return [(rated[place].item_id, score) for place, score in ranked]

    def _rise(self, counts: Sequence[ItemEvents], window: Window, since: str | None) -> Floats:
        before = {item.item_id: item.events for item in self._counts(window.before)}
        now = np.array([item.events for item in counts], np.float64)
        then = np.array([before.pop(item.item_id, 0) for item in counts], np.float64)
        # What happened to items that have no events now is part of what all items had then.
        others = np.array([sum(before.values())], np.float64)
        try:
            return rise(np.append(now, 0.0), np.append(then, others))[:-1]
        except CannotAnswer as error:
            raise NotOffered("since", since, "a shorter window, with events in the one before it", str(error)) from None

    def _counts(self, window: Window | None) -> list[ItemEvents]:
        return self._store.item_events(*((window.start, window.stop) if window else ()))

    def _window(self, since: str | None) -> Window | None:
        """None without one, and where there are no events at all."""
        newest = None if since is None else self._store.newest_event(int(self._now()))
        if since is None or newest is None:
            return None
        if newest == 0:
            raise NotOffered("since", since, "none: the events of the store have no times")
        try:
            return Window.up_to(newest, since)
        except CannotAnswer as error:
            raise NotOffered("since", since, SINCE_ALLOWED, str(error)) from None

    def _passing(self, item_ids: list[str], filter: Filter) -> set[str]:
        """Those that may be listed."""
        shown = self._store.available(item_ids)
        return shown & self._store.matching(list(shown), filter) if filter.conditions else shown

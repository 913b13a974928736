"""The users of a model in memory, known or anonymous."""

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from pharos.catalogue import Catalogue, Rows
from pharos.errors import RequestError
from pharos.ingest.columns import Columns
from pharos.ingest.history import order
from pharos.ingest.records import parse_features
from pharos.ingest.unicode import nfc
from pharos.stages import MAX_HISTORY
from pharos.towers.histories.queries import HistoryEvent, UserQuery
from pharos.towers.sources.learnt import Sources
from pharos.towers.sources.retriever import Retriever

PastItem: TypeAlias = str | Mapping[str, object] | HistoryEvent
"""An item's id, or {"item_id": …, "rating": …, "timestamp": …} of which the last two may be missing."""

_PARTS = ("item_id", "rating", "timestamp")


@dataclass(frozen=True)
class Profile:
    """A user as the pipeline reads one. history: oldest first; seen: rows that are not recommended, int64 [any]."""

    user_id: str | None
    history: tuple[HistoryEvent, ...]
    seen: Rows
    features: Mapping[str, object] = field(default_factory=dict)


class People:
    """The users of a data set, with their histories."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def known(self, user_id: str) -> Profile:
        """A user of the data set; an unknown id is a new user without history."""
        place = self._event_slices.get(user_id)
        features = self._features.get(user_id, {})
        if place is None:
            return Profile(user_id, (), np.zeros(0, np.int64), features)
        events = self._events
        past = [
            HistoryEvent(item, None if rating is None or math.isnan(rating) else rating, stamp)
            for item, rating, stamp in zip(
                *(column[place][-MAX_HISTORY:] for column in (events.items, events.ratings, events.stamps)), strict=True
            )
        ]
        return Profile(user_id, tuple(past), events.rows[place], features)

    def anonymous(self, history: Sequence[PastItem], features: Mapping[str, object] | None) -> Profile:
        """A user with this history, oldest first, or sorted by time where each event has a timestamp.

        Warns of items that the catalogue does not have; they are left out. Raises RequestError, FeatureError.
        """
        if isinstance(history, str | Mapping):
            raise RequestError(f"history: must be a list of item ids, not {history!r}")
        events = [_event(place, given) for place, given in enumerate(history)]
        if len(events) > MAX_HISTORY:
            raise RequestError(f"history: {len(events):,} events; allowed are at most {MAX_HISTORY}")
        if all(event.timestamp is not None for event in events):
            events.sort(key=lambda event: event.timestamp or 0)
        rows = self._catalogue.rows([event.item_id for event in events])
        unknown = [event.item_id for event, row in zip(events, rows, strict=True) if row < 0]
        if unknown:
            shown = ", ".join(map(repr, dict.fromkeys(unknown)))
            warnings.warn(f"history: no such items, left out: {shown}", stacklevel=4)
        known = tuple(event for event, row in zip(events, rows, strict=True) if row >= 0)
        typed = parse_features(self._catalogue.data.schema.users, features) if features else {}
        return Profile(None, known, rows[rows >= 0], typed)

    def all(self) -> list[str]:
        """The ids of all users."""
        return self._catalogue.data.users[Columns.USER].tolist()

    @cached_property
    def _events(self) -> "_Events":
        frame = order(self._catalogue.data.interactions)
        nothing = [None] * len(frame)
        return _Events(
            users=frame[Columns.USER].tolist(),
            items=frame[Columns.ITEM].tolist(),
            ratings=frame[Columns.RATING].tolist() if Columns.RATING in frame else nothing,
            stamps=frame[Columns.TIMESTAMP].tolist() if Columns.TIMESTAMP in frame else nothing,
            rows=self._catalogue.rows(frame[Columns.ITEM]),
        )

    @cached_property
    def _event_slices(self) -> dict[str, slice]:
        """The slice of each user's events."""
        users = pd.Series(self._events.users, dtype="object")
        starts = np.flatnonzero((users != users.shift()).to_numpy(bool)) if len(users) else np.zeros(0, np.int64)
        ends = np.append(starts[1:], len(users))
        return {users[start]: slice(int(start), int(end)) for start, end in zip(starts, ends, strict=True)}

    @cached_property
    def _features(self) -> dict[str, Mapping[str, object]]:
        data = self._catalogue.data
        names = [feature.name for feature in data.schema.users]
        if not names:
            return {}
        return dict(zip(data.users[Columns.USER], data.users[names].to_dict("records"), strict=True))


@dataclass(frozen=True)
class _Events:
    """All events, sorted by user and time, as parallel lists."""

    users: list[str]
    items: list[str]
    ratings: Sequence[float | None]
    stamps: Sequence[int | None]
    rows: Rows


class Queries:
    """Converts profiles to queries of the user tower and the other sources."""

    def __init__(self, catalogue: Catalogue, retriever: Retriever, sources: Sources) -> None:
        self._catalogue, self._retriever, self._sources = catalogue, retriever, sources

    def of(self, profile: Profile) -> UserQuery:
        """The query of a profile."""
        rows = self._catalogue.rows([event.item_id for event in profile.history])
        new = {row for row in rows.tolist() if self._retriever.new[row]}
        content = {self._catalogue.ids[row]: self._new_content[row] for row in new}
        return UserQuery(profile.history, self._retriever.vectors[rows], profile.user_id, profile.features, content)

    @cached_property
    def _new_content(self) -> dict[int, csr_matrix]:
        """The content rows of items that are new since training: float32 CSR [1, columns]."""
        rows = np.flatnonzero(self._retriever.new)
        written = self._sources.encoder.encode(self._catalogue.items.iloc[rows], self._sources.spec.schema.items)
        return {int(row): written[place] for place, row in enumerate(rows)}


def _event(place: int, given: object) -> HistoryEvent:
    if isinstance(given, HistoryEvent):
        return given
    if isinstance(given, str):
        return HistoryEvent(nfc(given))
    where = f"history[{place}]"
    if not isinstance(given, Mapping) or not isinstance(given.get("item_id"), str):
        raise RequestError(f"{where}: {given!r}; allowed is an item's id as text, or a dict of {', '.join(_PARTS)}")
    if unknown := given.keys() - set(_PARTS):
        raise RequestError(f"{where}: unknown key {sorted(unknown)[0]!r}; allowed are {', '.join(_PARTS)}")
    rating, stamp = given.get("rating"), given.get("timestamp")
    if rating is not None and (isinstance(rating, bool) or not isinstance(rating, int | float)):
        raise RequestError(f"{where}: rating {rating!r}; allowed is a number")
    if stamp is not None and (isinstance(stamp, bool) or not isinstance(stamp, int)):
        raise RequestError(f"{where}: timestamp {stamp!r}; allowed are whole unix seconds")
    return HistoryEvent(nfc(given["item_id"]), None if rating is None else float(rating), stamp)

"""Writes events, ignored items and user features."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pharos.ingest.records import FeatureError
from pharos.serving.errors import InvalidRecord, UnknownItem, UnknownUser
from pharos.serving.store import Merged, PersonalData, Store, User, UserEvent
from pharos.serving.store.features import json_features
from pharos.serving.writes.batch import require_count

_RATING: Final = "rating"


@dataclass(frozen=True)
class EventDraft:
    """An event from a request. timestamp: unix seconds; None for now."""

    user_id: str
    item_id: str
    type: str
    value: float | None
    timestamp: int | None


class WriteEvents:
    """Validates and stores events. event_weights: the known types. max_batch: the most events at once."""

    def __init__(self, store: Store, event_weights: Mapping[str, float], max_batch: int) -> None:
        self._store = store
        self._types = tuple(event_weights)
        self._max_batch = max_batch

    def add(self, drafts: Sequence[EventDraft]) -> int:
        """Store events, all or none; returns how many were new.

        Events of the same user, item, type and timestamp are the same event. Raises InvalidRecord, also for an unknown
        item.
        """
        require_count(drafts, self._max_batch)
        now = int(time.time())
        try:
            return self._store.add_events([self._checked(draft, place, now) for place, draft in enumerate(drafts)])
        except UnknownItem as error:
            place = next(place for place, draft in enumerate(drafts) if draft.item_id == error.item_id)
            allowed = "the id of an item of the catalogue"
            raise InvalidRecord(f"[{place}].item_id", error.item_id, allowed) from error

    def ignore(self, user_id: str, item_id: str) -> None:
        """Never show an item to a user. Raises UnknownItem; the user need not be known."""
        self._store.ignore(user_id, item_id)

    def stop_ignoring(self, user_id: str, item_id: str) -> None:
        """Allow an item to be shown to a user again."""
        self._store.stop_ignoring(user_id, item_id)

    def user(self, user_id: str) -> User:
        """Features, event count and ignored items of a user. Raises UnknownUser."""
        user = self._store.user(user_id)
        if user is None:
            raise UnknownUser(user_id)
        return user

    def put_user(self, user_id: str, features: Mapping[str, object]) -> User:
        """Replace the features of a user. Raises InvalidRecord."""
        try:
            values = json_features(self._store.schema().users, features)
        except FeatureError as error:
            raise InvalidRecord(f"features.{error.field}", error.value, error.allowed) from error
        self._store.put_user(user_id, values)
        return self.user(user_id)

    def delete_user(self, user_id: str) -> User:
        """Delete features, events and ignored items of a user; returns what was deleted. Raises UnknownUser."""
        user = self.user(user_id)
        self._store.delete_user(user_id)
        return user

    def delete_event(self, user_id: str, item_id: str, kind: str, timestamp: int) -> bool:
        """Delete one event of a user; returns whether there was one."""
        return self._store.delete_event(user_id, item_id, kind, timestamp)

    def personal_data(self, user_id: str) -> PersonalData:
        """All stored data of a user. Raises UnknownUser."""
        found = self._store.personal_data(user_id)
        if found is None:
            raise UnknownUser(user_id)
        return found

    def merge(self, user_id: str, into: str) -> tuple[Merged, User]:
        """Move all data of one user to another, and delete the first; returns the result and the other user.

        The other one need not be known. Raises UnknownUser, and InvalidRecord where both are the same.
        """
        if user_id == into:
            raise InvalidRecord("into", into, "the id of another user than the one that is merged")
        merged = self._store.merge_users(user_id, into)
        if merged is None:
            raise UnknownUser(user_id)
        return merged, self.user(into)

    def _checked(self, draft: EventDraft, place: int, now: int) -> UserEvent:
        if draft.type not in self._types:
            raise InvalidRecord(f"[{place}].type", draft.type, f"one of {', '.join(self._types)}")
        if draft.type == _RATING and draft.value is None:
            raise InvalidRecord(f"[{place}].value", None, "a number; a rating has one")
        timestamp = now if draft.timestamp is None else draft.timestamp
        return UserEvent(draft.user_id, draft.item_id, draft.type, draft.value, timestamp)

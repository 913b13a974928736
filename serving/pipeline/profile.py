"""The profile stage: history and features of the person."""

from collections.abc import Mapping
from dataclasses import dataclass

from pharos.serving.pipeline.requests import Person
from pharos.serving.store import Store
from pharos.towers.histories.queries import HistoryEvent


@dataclass(frozen=True)
class Profile:
    """A person's history and features.

    history: oldest first, items of the store only. features: typed. seen: items that must not be recommended.
    unknown_items: history items that the store does not have.
    """

    user_id: str | None
    history: tuple[HistoryEvent, ...]
    features: Mapping[str, object]
    seen: frozenset[str]
    unknown_items: tuple[str, ...] = ()


class ReadProfile:
    """Reads a user's history and features from the store, or checks those of an anonymous person against it."""

    def __init__(self, store: Store, max_history: int) -> None:
        self._store = store
        self._max_history = max_history

    def __call__(self, person: Person) -> Profile:
        """An unknown user is a person without history and features."""
        if person.user_id is None:
            return self._anonymous(person)
        known = self._store.person(person.user_id, self._max_history)
        return Profile(
            user_id=person.user_id,
            history=known.history,
            features=known.features,
            seen=known.seen,
        )

    def _anonymous(self, person: Person) -> Profile:
        ids = [event.item_id for event in person.history]
        known = self._store.existing(ids)
        return Profile(
            user_id=None,
            history=tuple(event for event in person.history if event.item_id in known),
            features=person.features,
            seen=frozenset(ids),
            unknown_items=tuple(dict.fromkeys(item_id for item_id in ids if item_id not in known)),
        )

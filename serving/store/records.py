"""Records of the store: items, events, users, jobs, counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pharos.ingest.schema import FeatureValue
from pharos.ingest.unicode import nfc
from pharos.towers.histories.queries import HistoryEvent


@dataclass(frozen=True)
class ItemRecord:
    """A stored item.

    features: the known values by name, as JSON has them (tags and vectors are lists).
    created_at, updated_at: unix seconds. available_from, available_until: unix seconds, between which it may be shown;
    None for no bound. revision: grows with each change to any item. content_revision: the one that
    last changed title or features.
    """

    item_id: str
    title: str
    features: Mapping[str, object]
    available: bool
    created_at: int
    updated_at: int
    revision: int
    content_revision: int
    available_from: int | None = None
    available_until: int | None = None

    def shown_at(self, moment: float) -> bool:
        """Whether it may be shown at a time (unix seconds)."""
        begun = self.available_from is None or self.available_from <= moment
        return self.available and begun and (self.available_until is None or moment < self.available_until)


@dataclass(frozen=True)
class NewItem:
    """An item to write. features: JSON values by name, validated by `features.json_features`."""

    item_id: str
    title: str
    features: Mapping[str, object]
    available: bool = True
    available_from: int | None = None
    available_until: int | None = None

    def __post_init__(self) -> None:
        _compose(self, "item_id", "title")


@dataclass(frozen=True)
class WriteResult:
    """The result of writing an item.

    created: whether there was none of its id before. indexed: whether every live collection has it, too; if not, the
    background sync brings it there.
    """

    record: ItemRecord
    created: bool
    indexed: bool = False


@dataclass(frozen=True)
class Event:
    """An event in the history of a user. value: the rating, if any; timestamp: unix seconds, None if unknown."""

    item_id: str
    type: str
    value: float | None = None
    timestamp: int | None = None


@dataclass(frozen=True)
class UserEvent:
    """An event to write. timestamp: unix seconds."""

    user_id: str
    item_id: str
    type: str
    value: float | None
    timestamp: int

    def __post_init__(self) -> None:
        _compose(self, "user_id", "item_id")


@dataclass(frozen=True)
class StoredEvent:
    """A stored event. number: ascending. value: the rating, if any. timestamp: 0 if unknown."""

    number: int
    user_id: str
    item_id: str
    type: str
    value: float | None
    timestamp: int


@dataclass(frozen=True)
class PersonalData:
    """All stored data of a user. ignored: item ids, each with the time when it was added (unix seconds)."""

    user_id: str
    features: Mapping[str, object]
    events: tuple[StoredEvent, ...]
    ignored: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Merged:
    """The result of a merge. moved: events. known: events that the other user had too, which are kept once."""

    moved: int
    known: int


@dataclass(frozen=True)
class User:
    """A user.

    features: known values, as JSON. events: their count. ignored: item ids, in the order in which they were ignored;
    those of one second by id.
    """

    user_id: str
    features: Mapping[str, object]
    events: int
    ignored: tuple[str, ...]


@dataclass(frozen=True)
class PopularItem:
    """An item with its popularity; score: see `popular`."""

    item_id: str
    score: float


@dataclass(frozen=True)
class ItemEvents:
    """Events of an item. events: their count; weight: their sum by type; ratings, rating_sum: of their values.

    Events of types that count nothing in popularity are left out.
    """

    item_id: str
    events: int
    weight: float
    ratings: int
    rating_sum: float


@dataclass(frozen=True)
class TitleMatch:
    """An item whose title has the words of a query. exact: and no others; leads: they come first."""

    item_id: str
    exact: bool
    leads: bool


@dataclass(frozen=True)
class ImportCounts:
    """Rows of an imported data set (items, users, events), and how many were new or changed."""

    items: int
    users: int
    events: int
    items_changed: int
    users_changed: int
    events_added: int


@dataclass(frozen=True)
class StoreCounts:
    """Row counts of the store."""

    items: int
    users: int
    events: int


@dataclass(frozen=True)
class StoredPerson:
    """A user's history, seen items and features.

    history: the newest events, oldest first, one per item. seen: items with any event, or ignored. features: typed,
    missing values filled in; empty for a user without a row.
    """

    history: tuple[HistoryEvent, ...]
    seen: frozenset[str]
    features: Mapping[str, FeatureValue]


@dataclass(frozen=True)
class Change:
    """The last change of an item: its current record, or None if it was deleted."""

    item_id: str
    revision: int
    record: ItemRecord | None


class JobState(StrEnum):
    """The state of a job."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Job:
    """A re-index job. done, total: items of the current phase. collection: the new one; None before it is built.

    error: why it failed, for people. started_at, finished_at: unix seconds; None as long as it has not ended.
    """

    id: str
    state: JobState
    phase: str
    done: int
    total: int
    alias: str
    bundle: str
    collection: str | None
    error: str | None
    started_at: int
    finished_at: int | None


def _compose(record: object, *names: str) -> None:
    """Normalise texts of a new record to NFC."""
    for name in names:
        object.__setattr__(record, name, nfc(getattr(record, name)))

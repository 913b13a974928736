"""Records of the store: items, events, users, jobs, counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pharos.ingest.schema import FeatureValue


@dataclass(frozen=True)
class ItemRecord:
    """One item.

    features: the known values by name, as JSON has them (tags and vectors are lists).
    created_at, updated_at: unix seconds. revision: grows with each change to any item. content_revision: the one that
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


@dataclass(frozen=True)
class NewItem:
    """An item to write. features: values by name, as JSON has them; checked by `features.json_features`."""

    item_id: str
    title: str
    features: Mapping[str, object]
    available: bool = True


@dataclass(frozen=True)
class WriteResult:
    """An item that was written.

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


@dataclass(frozen=True)
class User:
    """A user. features: the known values, as JSON has them. events: how many. ignored: item ids, in their order."""

    user_id: str
    features: Mapping[str, object]
    events: int
    ignored: tuple[str, ...]


@dataclass(frozen=True)
class PopularItem:
    """An item in the order of popularity; score: see `popular`."""

    item_id: str
    score: float


@dataclass(frozen=True)
class ItemEvents:
    """What happened to an item. events: how many; weight: each by that of its type; ratings, rating_sum: their values.

    Events of types that count nothing in popularity are left out.
    """

    item_id: str
    events: int
    weight: float
    ratings: int
    rating_sum: float


@dataclass(frozen=True)
class TitleMatch:
    """An item whose title holds the words of a query. exact: these are all its words; leads: it begins with them."""

    item_id: str
    exact: bool
    leads: bool


@dataclass(frozen=True)
class ImportCounts:
    """Rows of an imported data set (items, users, events), and how many of them were new or different."""

    items: int
    users: int
    events: int
    items_changed: int
    users_changed: int
    events_added: int


@dataclass(frozen=True)
class StoreCounts:
    """Rows in the store."""

    items: int
    users: int
    events: int


@dataclass(frozen=True)
class StoredPerson:
    """A user's history, seen items and features.

    history: the newest events, oldest first, one per item. seen: items with any event, or ignored. features: typed,
    missing values filled in; empty for a user without a row.
    """

    history: tuple[Event, ...]
    seen: frozenset[str]
    features: Mapping[str, FeatureValue]


@dataclass(frozen=True)
class Change:
    """The last change of an item: what it is now, or None if it was deleted."""

    item_id: str
    revision: int
    record: ItemRecord | None


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Job:
    """A re-index. done, total: items of the phase. collection: the one that was built; None before.

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

"""The store (SQLAlchemy): items, users, events, ignored items and re-index jobs."""

from pharos.serving.store.advisory_lock import AdvisoryLock, AdvisoryLockTaken
from pharos.serving.store.records import (
    Change,
    Event,
    ImportCounts,
    ItemEvents,
    ItemRecord,
    Job,
    JobState,
    Merged,
    NewItem,
    PersonalData,
    PopularItem,
    StoreCounts,
    StoredEvent,
    StoredPerson,
    TitleMatch,
    User,
    UserEvent,
    WriteResult,
)
from pharos.serving.store.store import Halted, Store

__all__ = [
    "AdvisoryLock",
    "AdvisoryLockTaken",
    "Change",
    "Event",
    "Halted",
    "ImportCounts",
    "ItemEvents",
    "ItemRecord",
    "Job",
    "JobState",
    "Merged",
    "NewItem",
    "PersonalData",
    "PopularItem",
    "Store",
    "StoreCounts",
    "StoredEvent",
    "StoredPerson",
    "TitleMatch",
    "User",
    "UserEvent",
    "WriteResult",
]

"""The store (SQLAlchemy): items, users, events, ignored items and re-index jobs."""

from pharos.serving.store.records import (
    Change,
    Event,
    ImportCounts,
    ItemEvents,
    ItemRecord,
    Job,
    JobState,
    NewItem,
    PopularItem,
    StoreCounts,
    StoredPerson,
    TitleMatch,
    User,
    UserEvent,
    WriteResult,
)
from pharos.serving.store.store import Halted, Store

__all__ = [
    "Change",
    "Event",
    "Halted",
    "ImportCounts",
    "ItemEvents",
    "ItemRecord",
    "Job",
    "JobState",
    "NewItem",
    "PopularItem",
    "Store",
    "StoreCounts",
    "StoredPerson",
    "TitleMatch",
    "User",
    "UserEvent",
    "WriteResult",
]

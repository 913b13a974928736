"""The online store (SQLAlchemy): items, users, events and ignored items."""

from serving.store.records import Event, ImportCounts, ItemRecord, PopularItem, StoreCounts, StoredPerson, TitleMatch
from serving.store.store import Store

__all__ = ["Event", "ImportCounts", "ItemRecord", "PopularItem", "Store", "StoreCounts", "StoredPerson", "TitleMatch"]

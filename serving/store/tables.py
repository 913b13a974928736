"""The tables of the store. A change here needs a migration; see `migrations`."""

from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from pharos.ingest.unicode import nfc

ID_LENGTH: Final = 512

metadata: Final = MetaData()
# SQLite numbers rows by itself only where the key is exactly INTEGER.
_serial: Final = BigInteger().with_variant(Integer(), "sqlite")


class _Id(TypeDecorator[str]):
    """The column type of ids, normalised to NFC when written, queried or compared."""

    impl = String(ID_LENGTH)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        # By bytes, and not as a language sorts, so that every database gives the same order.
        collation = "C" if dialect.name == "postgresql" else None
        return dialect.type_descriptor(String(ID_LENGTH, collation=collation))

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else nfc(value)


_id: Final = _Id()
_json: Final = JSON().with_variant(JSONB(), "postgresql")


def _some(column: str) -> Index:
    """An index of the rows that have a value."""
    there = text(f"{column} IS NOT NULL")
    return Index(f"items_by_{column}", column, sqlite_where=there, postgresql_where=there)


# features: the known values by name; a missing value is left out. title_key: see `titles`.
# revision: grows with each change to any item and is never used twice, so "what changed since" is one comparison.
# content_revision: the revision that last changed title or features, which are what vectors are made of.
# created_at, updated_at: unix seconds. available_from, available_until: too; the item is shown from the one until the
# other, and NULL is no bound. available: false hides it at all times.
items: Final = Table(
    "items",
    metadata,
    Column("id", _id, primary_key=True),
    Column("title", Text, nullable=False),
    Column("title_key", Text, nullable=False),
    Column("features", _json, nullable=False),
    Column("available", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False, index=True),
    Column("content_revision", BigInteger, nullable=False),
    Column("available_from", BigInteger),
    Column("available_until", BigInteger),
    # Searching titles and counting popularity read this narrow index and not the rows, which hold whole texts.
    Index("items_by_title", "available", "title_key", "id", "available_from", "available_until"),
    # Few items have times.
    _some("available_from"),
    _some("available_until"),
)

# Tombstones: deleted items with the revision of their deletion, so that "what changed since" includes them.
deleted: Final = Table(
    "deleted",
    metadata,
    Column("id", _id, primary_key=True),
    Column("revision", BigInteger, nullable=False, index=True),
)

users: Final = Table(
    "users",
    metadata,
    Column("id", _id, primary_key=True),
    Column("features", _json, nullable=False),
)

# timestamp: unix seconds, 0 where the data have none. The same event sent twice is one event.
# No foreign keys: events outlive their items, and an import need not come in a certain order.
events: Final = Table(
    "events",
    metadata,
    Column("id", _serial, primary_key=True, autoincrement=True),
    Column("user_id", _id, nullable=False),
    Column("item_id", _id, nullable=False),
    Column("type", String(32), nullable=False),
    Column("value", Float),
    Column("timestamp", BigInteger, nullable=False),
    UniqueConstraint("user_id", "item_id", "type", "timestamp", name="one_event"),
    Index("events_by_user", "user_id", "timestamp", "id"),
)

# Counts of `events` by item and type, changed in the same transaction, so that popularity need not read every event.
item_counts: Final = Table(
    "item_counts",
    metadata,
    Column("item_id", _id, primary_key=True),
    Column("type", String(32), primary_key=True),
    Column("events", BigInteger, nullable=False),
    Column("rated", BigInteger, nullable=False),
    Column("value_sum", Float, nullable=False),
    sqlite_with_rowid=False,
)

ignored: Final = Table(
    "ignored",
    metadata,
    Column("user_id", _id, primary_key=True),
    Column("item_id", _id, primary_key=True),
    Column("timestamp", BigInteger, nullable=False),
)

# Re-index jobs; see `records.Job`.
jobs: Final = Table(
    "jobs",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("state", String(16), nullable=False, index=True),
    Column("phase", String(32), nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("alias", String(64), nullable=False),
    Column("bundle", String(200), nullable=False),
    Column("collection", String(200)),
    Column("error", Text),
    Column("started_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
)

# Up to which revision of the items each collection of the index is known to have every change.
synced: Final = Table(
    "followed",
    metadata,
    Column("collection", String(200), primary_key=True),
    Column("revision", BigInteger, nullable=False),
)

# Key and value: see `meta`.
meta: Final = Table(
    "meta",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", _json, nullable=False),
)

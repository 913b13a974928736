"""Items, users, events with their counts, ignored items, and what the store knows of itself."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from pharos.serving.store.migrations.types import ID, JSON_VALUE, SERIAL

revision: Final = "0001"
down_revision: Final = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "items",
        sa.Column("id", ID, primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("title_key", sa.Text, nullable=False),
        sa.Column("features", JSON_VALUE, nullable=False),
        sa.Column("available", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_items_revision", "items", ["revision"])
    op.create_index("items_by_title", "items", ["available", "title_key", "id"])
    op.create_table(
        "users",
        sa.Column("id", ID, primary_key=True),
        sa.Column("features", JSON_VALUE, nullable=False),
    )
    op.create_table(
        "events",
        sa.Column("id", SERIAL, primary_key=True, autoincrement=True),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("item_id", ID, nullable=False),
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("value", sa.Float),
        sa.Column("timestamp", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("user_id", "item_id", "type", "timestamp", name="one_event"),
    )
    op.create_index("events_by_user", "events", ["user_id", "timestamp", "id"])
    op.create_table(
        "item_counts",
        sa.Column("item_id", ID, primary_key=True),
        sa.Column("type", sa.String(32), primary_key=True),
        sa.Column("events", sa.BigInteger, nullable=False),
        sa.Column("rated", sa.BigInteger, nullable=False),
        sa.Column("value_sum", sa.Float, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ignored",
        sa.Column("user_id", ID, primary_key=True),
        sa.Column("item_id", ID, primary_key=True),
        sa.Column("timestamp", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("value", JSON_VALUE, nullable=False),
    )

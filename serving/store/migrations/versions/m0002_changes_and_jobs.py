"""Single changes of items, with deletions; jobs of re-indexing, and how far each collection follows the store."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from pharos.serving.store.migrations.types import ID, JSON_VALUE

revision: Final = "0002"
down_revision: Final = "0001"


def upgrade() -> None:
    """Add the tables, and count what changed in an item's content apart."""
    # SQLite cannot add a column without a value; what stands there until the next statement means nothing.
    op.add_column("items", sa.Column("content_revision", sa.BigInteger, nullable=False, server_default="0"))
    op.execute("UPDATE items SET content_revision = revision")
    op.create_table(
        "deleted",
        sa.Column("id", ID, primary_key=True),
        sa.Column("revision", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_deleted_revision", "deleted", ["revision"])
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("phase", sa.String(32), nullable=False),
        sa.Column("done", sa.BigInteger, nullable=False),
        sa.Column("total", sa.BigInteger, nullable=False),
        sa.Column("alias", sa.String(64), nullable=False),
        sa.Column("bundle", sa.String(200), nullable=False),
        sa.Column("collection", sa.String(200)),
        sa.Column("error", sa.Text),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("finished_at", sa.BigInteger),
    )
    op.create_index("ix_jobs_state", "jobs", ["state"])
    op.create_table(
        "followed",
        sa.Column("collection", sa.String(200), primary_key=True),
        sa.Column("revision", sa.BigInteger, nullable=False),
    )
    # The counter is a row that writers wait for, so it must be there before the first of them.
    meta = sa.table("meta", sa.column("key", sa.String), sa.column("value", JSON_VALUE))
    if op.get_bind().execute(sa.select(meta.c.key).where(meta.c.key == "revision")).first() is None:
        op.bulk_insert(meta, [{"key": "revision", "value": 0}])

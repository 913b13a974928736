"""From when and until when an item is shown."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0003"
down_revision: Final = "0002"


def upgrade() -> None:
    """Add the times, also to the index that lists are made from."""
    op.add_column("items", sa.Column("available_from", sa.BigInteger))
    op.add_column("items", sa.Column("available_until", sa.BigInteger))
    op.drop_index("items_by_title", "items")
    for column in ("available_from", "available_until"):
        some = sa.text(f"{column} IS NOT NULL")
        op.create_index(f"items_by_{column}", "items", [column], sqlite_where=some, postgresql_where=some)
    op.create_index("items_by_title", "items", ["available", "title_key", "id", "available_from", "available_until"])

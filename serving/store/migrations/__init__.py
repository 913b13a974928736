"""Migrates the database of an older version to the tables of this one (Alembic)."""

from pharos.serving.store.migrations.upgrade import HEAD, upgrade

__all__ = ["HEAD", "upgrade"]

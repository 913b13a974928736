"""Migrates a database of any earlier version, safe against concurrent migrations."""

from pathlib import Path
from typing import Any, Final, cast

from sqlalchemy import Connection, Engine, inspect, text

from pharos.serving.errors import StoreError
from pharos.serving.store.engine import writing

HEAD: Final = "0003"
"""The newest of the versions."""
_FIRST: Final = "0001"
_TABLE: Final = "alembic_version"
# The key of a PostgreSQL advisory lock: an arbitrary number.
_LOCK: Final = 7_420_513


def upgrade(engine: Engine) -> None:
    """Create the tables, or migrate those of an older version. Several processes may do so at once.

    Raises StoreError where a newer version of Pharos has changed them already: this one does not know what they mean.
    """
    # Checked without a lock first, so that the store can be opened while another process writes.
    with engine.begin() as connection:
        if _version(connection) == HEAD:
            return
    with writing(engine).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        if _version(connection) != HEAD:
            _migrate(connection)


def _version(connection: Connection) -> str | None:
    """The version of the tables; None if there are none."""
    names = inspect(connection).get_table_names()
    if _TABLE in names:
        version = connection.execute(text(f"SELECT version_num FROM {_TABLE}")).scalar()
        return None if version is None else str(version)
    # Before there were migrations, the tables were those of the first.
    return _FIRST if "meta" in names else None


def _migrate(connection: Connection) -> None:
    # Only here, because it takes a while to import and is seldom needed.
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(Path(__file__).parent))
    known = [script.revision for script in scripts.walk_revisions()]
    version = _version(connection)
    if version is not None and version not in known:
        raise StoreError(
            f"the store has version {version}, which a newer Pharos has made; this one knows those up to {HEAD}. "
            "Use the newer Pharos, or a store of its own (settings data_dir, database_url)"
        )

    if version is not None and _TABLE not in inspect(connection).get_table_names():
        MigrationContext.configure(connection).stamp(scripts, version)

    def steps(_: Any, context: MigrationContext) -> Any:
        # What alembic.command.upgrade does, on a connection and in a transaction of ours.
        return scripts._upgrade_revs(HEAD, cast(str, context.get_current_revision()))

    with EnvironmentContext(Config(), scripts, fn=steps, destination_rev=HEAD) as environment:
        environment.configure(connection=connection, transactional_ddl=True)
        environment.run_migrations()

"""A store of any older version becomes one of this version, and one of a newer version is left alone."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

import pharos.serving.store.migrations as migrations
from pharos.serving.errors import StoreError
from pharos.serving.store import NewItem, Store
from pharos.serving.store.tables import metadata
from tests.serving import world
from tests.serving.world import war

ROOT = Path(__file__).resolve().parents[2]
# What a store looked like before there were migrations.
FIRST = """
CREATE TABLE items (id VARCHAR(512) NOT NULL, title TEXT NOT NULL, title_key TEXT NOT NULL, features JSON NOT NULL,
    available BOOLEAN NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, revision BIGINT NOT NULL,
    PRIMARY KEY (id));
CREATE INDEX items_by_title ON items (available, title_key, id);
CREATE INDEX ix_items_revision ON items (revision);
CREATE TABLE users (id VARCHAR(512) NOT NULL, features JSON NOT NULL, PRIMARY KEY (id));
CREATE TABLE events (id INTEGER NOT NULL, user_id VARCHAR(512) NOT NULL, item_id VARCHAR(512) NOT NULL,
    type VARCHAR(32) NOT NULL, value FLOAT, timestamp BIGINT NOT NULL, PRIMARY KEY (id),
    CONSTRAINT one_event UNIQUE (user_id, item_id, type, timestamp));
CREATE INDEX events_by_user ON events (user_id, timestamp, id);
CREATE TABLE item_counts (item_id VARCHAR(512) NOT NULL, type VARCHAR(32) NOT NULL, events BIGINT NOT NULL,
    rated BIGINT NOT NULL, value_sum FLOAT NOT NULL, PRIMARY KEY (item_id, type)) WITHOUT ROWID;
CREATE TABLE ignored (user_id VARCHAR(512) NOT NULL, item_id VARCHAR(512) NOT NULL, timestamp BIGINT NOT NULL,
    PRIMARY KEY (user_id, item_id));
CREATE TABLE meta ("key" VARCHAR(64) NOT NULL, value JSON NOT NULL, PRIMARY KEY ("key"));
INSERT INTO items VALUES ('old', 'Old', ' old ', '{"year": 1950}', 1, 5, 6, 7);
INSERT INTO meta VALUES ('revision', '7');
"""


def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'pharos.db'}"


def test_the_migrations_make_the_tables_that_the_code_expects(any_store: Store) -> None:
    with any_store._engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_newest_migration_is_the_one_that_the_code_asks_for() -> None:
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    assert scripts.get_heads() == [migrations.HEAD]


def test_a_store_from_before_the_migrations_keeps_what_it_holds(tmp_path: Path) -> None:
    engine = create_engine(url(tmp_path))
    with engine.begin() as connection:
        for statement in FIRST.split(";"):
            connection.execute(text(statement))
    engine.dispose()
    store = Store(url(tmp_path), {})
    (old,) = store.items(["old"]).values()
    assert (old.title, old.features, old.revision, old.content_revision) == ("Old", {"year": 1950}, 7, 7)
    (new,) = store.put_items([NewItem("new", "New", {})])
    assert new.record.revision == 8
    with store._engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    store.close()


def test_a_migration_that_fails_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    engine = create_engine(url(tmp_path))
    with engine.begin() as connection:
        for statement in [*FIRST.split(";"), "CREATE TABLE followed (wrong INTEGER)"]:
            connection.execute(text(statement))
    with pytest.raises(StoreError, match="followed"):
        Store(url(tmp_path), {})
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE followed"))
    engine.dispose()
    store = Store(url(tmp_path), {})
    assert store.item("old") is not None
    store.close()


def test_a_store_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    store = Store(url(tmp_path), {})
    with store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    with pytest.raises(StoreError, match=r"version 9999, which a newer Pharos has made.*up to 0003"):
        Store(url(tmp_path), {})


def test_several_processes_may_open_a_new_store_at_once(any_store_url: str) -> None:
    code = "import sys; from pharos.serving.store import Store; Store(sys.argv[1], {}).check()"
    processes = [
        subprocess.Popen([sys.executable, "-c", code, any_store_url], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    assert [(process.communicate()[1], process.returncode) for process in processes] == [("", 0)] * 4


def test_a_store_that_is_up_to_date_is_opened_while_another_process_writes(
    any_store: Store, any_store_url: str
) -> None:
    any_store.import_dataset(world.dataset())
    with any_store.halted():
        other = Store(any_store_url, {})
        assert other.item(war(1)) is not None
        other.close()

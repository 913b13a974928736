"""Several machines on one PostgreSQL and one Qdrant: one of them re-indexes at a time."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from pharos.serving.errors import Conflict, StoreError
from pharos.serving.index_sync.job_progress import Phase
from pharos.serving.index_sync.reindex_lock import ReindexLocked, acquire
from pharos.serving.parts import open_store
from pharos.serving.settings import Settings
from pharos.serving.store import Job, JobState
from tests.serving.reindexing_world import FIRST, SECOND, eventually, kill, opened, prepared

HOLD = """
import sys
from pharos.serving.store import Store
lock = Store(sys.argv[1], {}).reindex_lock()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def holder(postgresql_store_url: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock."""
    command = [sys.executable, "-c", HOLD, postgresql_store_url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def is_free(settings: Settings) -> bool:
    with open_store(settings) as store:
        try:
            acquire(settings, store).release()
        except ReindexLocked:
            return False
        return True


def end_session_of_lock(url: str) -> None:
    """End the database session that holds the lock, as a restart of the server does."""
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"))
    engine.dispose()


def test_the_lock_names_the_process_and_machine_that_hold_it(
    holder: subprocess.Popen[str], postgresql_store_url: str, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path, database_url=postgresql_store_url)
    with open_store(settings) as store, pytest.raises(ReindexLocked) as caught:
        acquire(settings, store)
    assert caught.value.holder == f"{holder.pid} on {socket.gethostname()}"


def test_the_death_of_the_holder_frees_the_lock(
    holder: subprocess.Popen[str], postgresql_store_url: str, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path, database_url=postgresql_store_url)
    assert not is_free(settings)
    kill(holder.pid)
    eventually(lambda: is_free(settings), seconds=30)


def test_the_lock_of_one_database_is_not_that_of_another(
    holder: subprocess.Popen[str], postgresql_store_url: str, postgresql_url: str, tmp_path: Path
) -> None:
    assert holder.poll() is None
    assert is_free(Settings(data_dir=tmp_path, database_url=postgresql_url))


def test_a_lock_whose_session_ended_is_lost(postgresql_store_url: str, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, database_url=postgresql_store_url)
    with open_store(settings) as store, acquire(settings, store) as lock:
        lock.check()
        end_session_of_lock(postgresql_store_url)
        with pytest.raises(StoreError, match="lock in the database was lost"):
            lock.check()


def test_a_failed_attempt_leaves_the_pool_as_it_was(holder: subprocess.Popen[str], postgresql_store_url: str) -> None:
    settings = Settings(database_url=postgresql_store_url)
    assert holder.poll() is None
    with open_store(settings) as store:
        for _ in range(30):  # more than there are connections
            with pytest.raises(ReindexLocked):
                acquire(settings, store)
        store.check()


@pytest.fixture
def machines(
    bundles: Path, tmp_path: Path, qdrant_url: str, postgresql_store_url: str
) -> Iterator[tuple[Settings, Settings]]:
    """Two machines with folders of their own, on one PostgreSQL and one Qdrant."""
    with prepared(bundles, tmp_path / "one", qdrant_url, postgresql_store_url) as one:
        other = tmp_path / "other"
        shutil.copytree(bundles, other / "bundles")
        yield one, one.model_copy(update={"data_dir": other})


def test_another_machine_is_given_the_running_job_and_must_wait(machines: tuple[Settings, Settings]) -> None:
    with opened(machines[0]) as here, opened(machines[1]) as there:
        given: list[Job] = []

        def ask(job: Job) -> None:
            if job.phase == Phase.SWITCHING and not given:
                given.append(there.reindexer.start(SECOND))
                with pytest.raises(Conflict, match=rf"process {os.getpid()} on .*; wait until it is done"):
                    there.reindexer.run(SECOND)

        collection = here.reindexer.run(FIRST, ask).collection
        assert [(job.bundle, job.state) for job in given] == [(FIRST, JobState.RUNNING)]
        assert there.live.fresh().collection == collection
        assert there.reindexer.run(SECOND).previous == collection


def test_a_process_that_lost_the_lock_does_not_switch(machines: tuple[Settings, Settings]) -> None:
    with opened(machines[0]) as service:
        before = service.reindexer.run(FIRST).collection

        def lose(job: Job) -> None:
            if job.phase == Phase.SWITCHING:
                end_session_of_lock(machines[0].database_url)

        with pytest.raises(StoreError, match="lock in the database was lost"):
            service.reindexer.run(SECOND, lose)
        assert service.index.resolve(service.settings.alias) == before
        assert [info.name for info in service.index.collections() if info.bundle == SECOND] == []

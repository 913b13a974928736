"""The lists of all users, written by several processes."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pharos import list_files, list_workers
from pharos.indexing.filters import AnyOf, Filter
from pharos.list_files import default_workers, write_lists
from pharos.list_workers import WorkerDied
from pharos.serving.pipeline import Selection
from pharos.serving.service import Service, open_service
from pharos.serving.settings import Settings
from pharos.towers.progress import Silent
from tests.serving import world

SELECTION = Selection(5, filter=Filter((AnyOf("genres", ("War",)),)), exclude=frozenset({world.war(1)}), diversity=0.3)


@pytest.fixture
def service(trained: Settings, trained_too: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """The service of the small world; a part of a file has seven users, so that there are several."""
    monkeypatch.setattr(list_files, "PART_USERS", 7)
    with open_service(trained.model_copy(update={"data_dir": trained_too})) as opened:
        yield opened


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[str]]:
    """The processes that are started from now on."""
    processes, start = list[subprocess.Popen[str]](), subprocess.Popen

    def remembered(*arguments: Any, **options: Any) -> subprocess.Popen[str]:
        processes.append(start(*arguments, **options))
        return processes[-1]

    monkeypatch.setattr(list_workers.subprocess, "Popen", remembered)
    return processes


@pytest.mark.slow
def test_several_workers_write_the_lists_of_one_and_leave_nothing_behind(
    service: Service, tmp_path: Path, started: list[subprocess.Popen[str]]
) -> None:
    users = [*service.store.user_ids(), "somebody new"]
    for workers in (1, 2):
        write_lists(service, users, SELECTION, tmp_path / str(workers), Silent(), replace=False, workers=workers)
    of_one, of_two = (pd.read_parquet(tmp_path / name) for name in ("1", "2"))
    # Scores are written with six decimals, so a difference in the last bit of a float can change the last of them.
    pd.testing.assert_frame_equal(of_one, of_two, rtol=0, atol=1e-5)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["1", "2"]
    assert len(started) == 2
    assert all(process.returncode is not None for process in started)


@pytest.mark.slow
def test_a_worker_that_is_killed_ends_the_run_which_goes_on_after_the_finished_parts(
    service: Service, tmp_path: Path, started: list[subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    users, out, written = service.store.user_ids(), tmp_path / "lists.parquet", list[int]()
    finished = list_workers._Worker.finished

    def counted(worker: list_workers._Worker) -> list_workers.Part:
        part = finished(worker)
        written.append(part.number)
        os.kill(worker.process.pid, signal.SIGKILL)
        return part

    monkeypatch.setattr(list_workers._Worker, "finished", counted)
    with pytest.raises(WorkerDied, match=r"worker \d ended: the system killed it, .*fewer --workers; finished parts"):
        write_lists(service, users, SELECTION, out, Silent(), replace=False, workers=2)
    assert not out.exists()
    assert all(process.wait(10) is not None for process in started)
    monkeypatch.setattr(list_workers._Worker, "finished", finished)
    done, one = set(written), list[int]()
    monkeypatch.setattr(list_files, "write", lambda part, *_: one.append(int(part.stem)))
    monkeypatch.setattr(list_files, "join", lambda *_: 0)
    write_lists(service, users, SELECTION, out, Silent(), replace=False, workers=1)
    assert done
    assert not done & set(one)


def test_a_worker_that_cannot_start_says_why_in_one_sentence(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_workers, "_MODULE", "pharos.no_such_module")
    with pytest.raises(WorkerDied, match=r"worker \d ended: code 1: .*No module named pharos.no_such_module; finished"):
        write_lists(
            service, [f"n{n}" for n in range(20)], SELECTION, tmp_path / "a", Silent(), replace=False, workers=2
        )


def test_users_who_are_answered_one_by_one_are_so_by_one_process_and_that_is_said(
    service: Service, tmp_path: Path, started: list[subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = list[str]()
    monkeypatch.setattr(Silent, "say", lambda _, text: said.append(text))
    selection, users = Selection(3, new_share=0.5), service.store.user_ids()[:8]
    assert write_lists(service, users, selection, tmp_path / "a", Silent(), replace=False, workers=2) == 24
    assert started == []
    assert said == ["Rules, new items or variants are set: users are answered one by one, by one process"]


@pytest.mark.parametrize(("users", "workers"), [(0, 1), (9_999, 1), (10_000, 2), (10_000_000, 3)])
def test_there_is_a_worker_for_every_5000_users_but_no_more_than_cores(
    users: int, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2}, raising=False)
    monkeypatch.setattr(os, "sysconf", lambda _: 1 << 20)
    assert default_workers(users) == workers


def test_there_is_a_worker_for_every_2_gb_of_memory_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)), raising=False)
    monkeypatch.setattr(os, "sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 2 * 1024**2 + 1}.__getitem__)
    assert default_workers(10_000_000) == 4

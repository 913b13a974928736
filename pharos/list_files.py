"""Writes the lists of many users to one Parquet file, in parts, so that an interrupted run can be resumed."""

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pharos.errors import RequestError
from pharos.list_parts import PART_USERS, begin, file_of, join, settle, write
from pharos.list_workers import Part, write_side_by_side
from pharos.offline import OfflineLists, answered_together
from pharos.serving.pipeline import Selection
from pharos.serving.service import Service
from pharos.towers.progress import Progress

USERS_A_WORKER: Final = 5_000
"""With fewer users a worker takes longer to start than to answer."""
MEMORY_OF_A_WORKER: Final = 2 * 1024**3
"""Twice what one needs at 10,000 items, so that others have some too."""


def write_lists(
    service: Service,
    users: Sequence[str],
    selection: Selection,
    out: Path,
    progress: Progress,
    *,
    replace: bool,
    workers: int | None = None,
) -> int:
    """Write all lists to a Parquet file of user_id, rank, item_id, score, source; return its row count.

    Parts of 2,048 users are kept in a folder beside it until all are done; a second run with the same users,
    options, bundle and items resumes after them. New events count for users that are not answered yet. workers:
    processes that answer side by side, by default `default_workers`; one where users cannot be answered together.
    Raises RequestError where `out` exists and may not be replaced, WorkerDied where a worker ends too early.
    """
    if out.exists() and not replace:
        raise RequestError(f"{out} exists already; name another file, or --force to replace it")
    folder = out.with_name(f".{out.name}.parts")
    begin(folder, _run_description(service, users, selection))
    parts = [
        Part(number, file_of(folder, number), users[start : start + PART_USERS])
        for number, start in enumerate(range(0, max(len(users), 1), PART_USERS))
    ]
    missing = [part for part in parts if not part.file.exists()]
    count = min(_workers(service, selection, sum(len(part.users) for part in missing), workers, progress), len(missing))
    with progress.task("Lists", len(users)) as task:
        task.advance(len(users) - sum(len(part.users) for part in missing))
        if count > 1:
            write_side_by_side(service, missing, selection, count, folder, lambda part: task.advance(len(part.users)))
        elif missing:
            lists = OfflineLists(service, selection)
            settle()
            for part in missing:
                write(part.file, part.users, lists.lists)
                task.advance(len(part.users))
    rows = join(folder, out)
    shutil.rmtree(folder)
    return rows


def default_workers(users: int) -> int:
    """One worker for every 5,000 users; at most one for a core, and for 2 GB of the machine's memory."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 0
    return max(1, min(cores, users // USERS_A_WORKER, memory // MEMORY_OF_A_WORKER))


def _workers(service: Service, selection: Selection, users: int, asked: int | None, progress: Progress) -> int:
    if answered_together(service.settings, selection):
        return default_workers(users) if asked is None else asked
    if asked is not None and asked > 1:
        progress.say("Rules, new items or variants are set: users are answered one by one, by one process")
    return 1


def _run_description(service: Service, users: Sequence[str], selection: Selection) -> str:
    """A description of the run, by which a later run knows whether it may resume."""
    generation = service.live.current()
    digest = hashlib.sha256()
    for user_id in users:
        digest.update(json.dumps(user_id).encode())
    asked = {
        "users": digest.hexdigest(),
        "selection": repr((selection.k, selection.filter, sorted(selection.exclude), selection.diversity)),
        "bundle": generation.bundle.id,
        "collection": generation.collection,
        "revision": service.store.revision(),
    }
    return json.dumps(asked, indent=1)

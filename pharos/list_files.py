"""Writes the lists of many users to one Parquet file, in parts, so that an interrupted run can be resumed."""

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pharos.errors import RequestError
from pharos.ingest.durable_files import make_durably, sync, write_durably
from pharos.offline import AT_ONCE, OfflineLists
from pharos.serving.pipeline import Selection
from pharos.serving.service import Service
from pharos.towers.progress import Progress

_PART_USERS: Final = 8 * AT_ONCE
_DESCRIPTION: Final = "what.json"


def write_lists(
    service: Service, users: Sequence[str], selection: Selection, out: Path, progress: Progress, *, replace: bool
) -> int:
    """Write all lists to a Parquet file of user_id, rank, item_id, score, source; return its row count.

    Parts of 2,048 users are kept in a folder beside it until all are done; a second run with the same users,
    options, bundle and items resumes after them. New events count for users that are not answered yet. Raises
    RequestError where `out` exists and may not be replaced.
    """
    if out.exists() and not replace:
        raise RequestError(f"{out} exists already; name another file, or --force to replace it")
    parts = out.with_name(f".{out.name}.parts")
    _begin(parts, _run_description(service, users, selection))
    lists: OfflineLists | None = None
    with progress.task("Lists", len(users)) as task:
        for number, some in enumerate(_parts(users)):
            part = parts / f"{number:06}.parquet"
            if not part.exists():
                lists = lists or OfflineLists(service, selection)
                frames = [lists.lists(some[start : start + AT_ONCE]) for start in range(0, len(some), AT_ONCE)]
                _write_part(part, pd.concat(frames, ignore_index=True))
            task.advance(len(some))
    rows = _joined(parts, out)
    shutil.rmtree(parts)
    return rows


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


def _begin(parts: Path, what: str) -> None:
    """Keep the finished parts of an interrupted run of the same description; delete those of another."""
    try:
        same = (parts / _DESCRIPTION).read_text("utf-8") == what
    except (OSError, ValueError):
        same = False
    if not same:
        shutil.rmtree(parts, ignore_errors=True)
        make_durably(parts)
        write_durably(parts / _DESCRIPTION, what)


def _parts(users: Sequence[str]) -> Iterator[Sequence[str]]:
    return (users[start : start + _PART_USERS] for start in range(0, max(len(users), 1), _PART_USERS))


def _write_part(part: Path, frame: pd.DataFrame) -> None:
    beside = part.with_suffix(".new")
    frame.to_parquet(beside, index=False)
    sync(beside)
    beside.replace(part)
    sync(part.parent)


def _joined(parts: Path, out: Path) -> int:
    """Join all parts into one file, one part at a time in memory."""
    beside, rows = parts / "whole.new", 0
    files = sorted(parts.glob("*.parquet"))
    schema = pa.unify_schemas([pq.read_schema(file) for file in files])
    with pq.ParquetWriter(beside, schema) as writer:
        for file in files:
            table = pq.read_table(file).cast(schema)
            rows += table.num_rows
            writer.write_table(table)
    sync(beside)
    beside.replace(out)
    sync(out.parent)
    return rows

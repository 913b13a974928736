"""The parts of a file of lists, kept in a folder beside it until all are done, so that a run can be resumed."""

import gc
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pharos.ingest.durable_files import make_durably, sync, write_durably
from pharos.offline import AT_ONCE

PART_USERS: Final = 8 * AT_ONCE
_DESCRIPTION: Final = "what.json"


def settle() -> None:
    """Keep the garbage collector from what is loaded by now: it would look through all of it again and again."""
    gc.collect()
    gc.freeze()


def begin(folder: Path, what: str) -> None:
    """Keep the finished parts of an interrupted run of the same description; delete those of another."""
    try:
        same = (folder / _DESCRIPTION).read_text("utf-8") == what
    except (OSError, ValueError):
        same = False
    if not same:
        shutil.rmtree(folder, ignore_errors=True)
        make_durably(folder)
        write_durably(folder / _DESCRIPTION, what)


def file_of(folder: Path, number: int) -> Path:
    """The file of a part; it is there once the part is done."""
    return folder / f"{number:06}.parquet"


def write(part: Path, users: Sequence[str], lists: Callable[[Sequence[str]], pd.DataFrame]) -> None:
    """Answer the users of a part and write it. lists: answers up to AT_ONCE users."""
    frames = [lists(users[start : start + AT_ONCE]) for start in range(0, max(len(users), 1), AT_ONCE)]
    beside = part.with_suffix(".new")
    pd.concat(frames, ignore_index=True).to_parquet(beside, index=False)
    sync(beside)
    beside.replace(part)
    sync(part.parent)


def join(folder: Path, out: Path) -> int:
    """Join all parts into one file, one part at a time in memory; return its row count."""
    beside, rows = folder / "whole.new", 0
    files = sorted(folder.glob("*.parquet"))
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

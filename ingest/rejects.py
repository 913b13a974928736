"""Writes the dropped rows to a file, for whoever repairs them."""

import csv
import re
from pathlib import Path
from typing import Final

from pharos.ingest.errors import DataError
from pharos.ingest.report import IngestReport

HEADER: Final = ("file", "line", "reason", "row")


def write_rejects(report: IngestReport, path: Path) -> int:
    """Write every dropped row as CSV: file, line (or "row 5"), reason, and content; returns their count.

    A row that is not text, as in Parquet, stands as a JSON object of the columns that were read.
    Errors: DataError if there is another file at this path already.
    """
    if path.exists() and not _is_ours(path):
        raise DataError(f"{path}: is there already, and is no file of rejected rows; give another name")
    found = []
    for rejected in report.rejected:
        places = rejected.cases(len(rejected.records))
        for place, row in zip(places, rejected.values(), strict=True):
            file, _, line = place.rpartition(":")
            found.append((file, line, rejected.reason, row))
    found.sort(key=lambda row: (row[0], int(re.sub(r"\D", "", row[1]) or 0)))
    with path.open("w", encoding="utf-8", newline="") as file_:
        writer = csv.writer(file_)
        writer.writerow(HEADER)
        writer.writerows(found)
    return len(found)


def _is_ours(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        first = file.readline(200).strip()
    return first in (b"", ",".join(HEADER).encode())

"""Plain text tables without quoting: a row is a line, cells stand between a separator of any length."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from ingest.errors import DataError
from ingest.report import Finding, Outcome
from ingest.tables.csv_table import BROKEN_UTF8, KnownLines
from ingest.tables.table import SHOWN_CASES, Table

_REPLACEMENT: Final = "surrogateescape"


def read_lines(path: Path, columns: Sequence[str], separator: str, *, encoding: str, header: bool = False) -> Table:
    """Read a file whose every line holds these columns, in this order, every cell a string.

    header: whether the first line is one, to be left out. A line with the wrong number of cells or with broken
    UTF-8 is dropped and counted. Errors: DataError if the file cannot be opened.
    """
    try:
        text = path.read_bytes().decode(encoding, errors=_REPLACEMENT)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error}") from error
    good: list[list[str]] = []
    numbers: list[int] = []
    bad: dict[str, list[int]] = {}
    # Not str.splitlines: it would also break a line at Latin-1's control characters.
    for number, line in enumerate(text.split("\n"), start=1):
        cells = line.removesuffix("\r").split(separator)
        if cells == [""] or (header and number == 1):
            continue
        if len(cells) != len(columns):
            bad.setdefault(f"wrong number of cells, not {len(columns)}", []).append(number)
        elif not line.isascii() and any("\udc80" <= character <= "\udcff" for character in line):
            bad.setdefault(BROKEN_UTF8, []).append(number)
        else:
            good.append(cells)
            numbers.append(number)
    cells_by_column = list(zip(*good, strict=True)) or [()] * len(columns)
    frame: pd.DataFrame = pa.table(
        {column: pa.array(cells, pa.string()) for column, cells in zip(columns, cells_by_column, strict=True)}
    ).to_pandas()
    findings = tuple(
        Finding(path.name, Outcome.DROPPED, reason, len(at), tuple(f"{path.name}:{n}" for n in at[:SHOWN_CASES]))
        for reason, at in bad.items()
    )
    count = len(frame) + sum(map(len, bad.values()))
    return Table(frame, KnownLines(path, np.asarray(numbers, dtype=np.int64)), count, findings)

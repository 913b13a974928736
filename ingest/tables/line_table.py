"""Plain text tables without quoting: a row is a line, cells stand between a separator of any length."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from pharos.ingest.errors import DataError
from pharos.ingest.tables.known_lines import BROKEN_UTF8, is_broken, table_of_lines, wrong_width
from pharos.ingest.tables.table import Table


def read_lines(path: Path, columns: Sequence[str], separator: str, *, encoding: str, header: bool = False) -> Table:
    """Read a file whose every line holds these columns, in this order, every cell a string.

    header: whether the first line is one, to be left out. A line with the wrong number of cells or with broken
    UTF-8 is dropped and counted. Errors: DataError if the file cannot be opened.
    """
    try:
        text = path.read_bytes().decode(encoding, errors="surrogateescape")
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error}") from error
    rows: list[list[str]] = []
    numbers: list[int] = []
    bad: dict[str, list[int]] = {}
    # Not str.splitlines: it would also break a line at Latin-1's control characters.
    for number, line in enumerate(text.split("\n"), start=1):
        cells = line.removesuffix("\r").split(separator)
        if cells == [""] or (header and number == 1):
            continue
        if len(cells) != len(columns):
            bad.setdefault(wrong_width(len(columns)), []).append(number)
        elif is_broken(line):
            bad.setdefault(BROKEN_UTF8, []).append(number)
        else:
            rows.append(cells)
            numbers.append(number)
    by_column = zip(*rows, strict=True) if rows else [()] * len(columns)
    table = pa.table([pa.array(cells, pa.string()) for cells in by_column], names=list(columns))
    return table_of_lines(path, table.to_pandas(), numbers, bad)

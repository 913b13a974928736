"""Plain text tables without quoting: one row per line, cells separated by a text of any length."""

from collections.abc import Sequence
from pathlib import Path

from pharos.ingest.tables.csv_table import read_text_table
from pharos.ingest.tables.files import data_file
from pharos.ingest.tables.table import Table
from pharos.ingest.tables.text_format import TextFormat


def read_lines(path: Path, columns: Sequence[str], separator: str, *, encoding: str, header: bool = False) -> Table:
    """Read a file with these columns, in this order, on every line; every cell is a string.

    header: whether the first line is one, to be left out. A line with the wrong number of cells or with broken
    UTF-8 is dropped and counted. Errors: DataError if the file cannot be opened.
    """
    said = TextFormat(separator=separator, encoding=encoding, header=header, columns=tuple(columns), quote="")
    return read_text_table(data_file(path), columns, said)

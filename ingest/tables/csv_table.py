"""CSV files: a fast reader for plain well-formed ones, a strict reader that knows every line for all others."""

import csv
import mmap
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Final, TextIO

import pyarrow as pa
from pyarrow import csv as arrow_csv

from pharos.ingest.errors import DataError
from pharos.ingest.tables.known_lines import BROKEN_UTF8, is_broken, table_of_lines, wrong_width
from pharos.ingest.tables.table import Table, require_columns

_BATCH: Final = 50_000
_BROKEN_QUOTES: Final = (
    f"broken quotes (not closed, or closed amid a cell), or a cell over {csv.field_size_limit():,} characters"
)


def read_csv(path: Path, columns: Sequence[str], *, delimiter: str = ",") -> Table:
    """Read these columns of a CSV file with a header, every cell a string.

    A row with the wrong number of cells, with broken quotes or broken UTF-8 is dropped and counted.
    Errors: DataError for a file that cannot be opened, has no header or lacks a column.
    """
    header = _read_header(path, delimiter)
    require_columns(path.name, header, columns)
    # Without quotes a line is a row, and every reader agrees on it. With them only a strict one notices a stray
    # quote that swallows the rows up to the next.
    if not _rows_have_quotes(path):
        try:
            return _read_fast(path, header, columns, delimiter)
        except pa.ArrowInvalid:
            pass  # ragged rows or broken UTF-8: the strict reader says which
    return _read_strict(path, header, columns, delimiter)


def _open(path: Path) -> TextIO:
    # Broken bytes become lone surrogates, so that the row that holds them can be named.
    return path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")


def _read_header(path: Path, delimiter: str) -> list[str]:
    try:
        with _open(path) as file:
            header = next(csv.reader(file, delimiter=delimiter, strict=True), None)
    except (OSError, csv.Error) as error:
        raise DataError(f"{path}: cannot be read as CSV: {error}") from error
    if not header:
        raise DataError(f"{path}: the first line must name the columns, and is empty")
    if is_broken("".join(header)):
        raise DataError(f"{path.name}:1: {BROKEN_UTF8} in the header")
    return header


def _rows_have_quotes(path: Path) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(b'"', content.find(b"\n")) >= 0


def _read_fast(path: Path, header: Sequence[str], columns: Sequence[str], delimiter: str) -> Table:
    table = arrow_csv.read_csv(
        path,
        read_options=arrow_csv.ReadOptions(column_names=header, skip_rows=1),
        parse_options=arrow_csv.ParseOptions(delimiter=delimiter, quote_char=False),
        convert_options=arrow_csv.ConvertOptions(
            include_columns=columns, column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False
        ),
    )
    return Table(table.to_pandas(), _PlainLines(path), table.num_rows)


@dataclass(frozen=True)
class _PlainLines:
    """Places in a file where a row is a line: found by counting, and only when asked for."""

    path: Path

    @property
    def file(self) -> str:
        return self.path.name

    def of(self, records: Sequence[int]) -> list[str]:
        wanted, places = set(records), {}
        with _open(self.path) as file:
            filled = (number for number, line in enumerate(file, start=1) if line.strip("\r\n"))
            for record, number in enumerate(filled, start=-1):
                if record in wanted:
                    places[record] = f"{self.file}:{number}"
                if len(places) == len(wanted):
                    break
        return [places[record] for record in records]


class _Lines:
    """The physical lines of a file, which takes back those that a record wrongly swallowed."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._returned: deque[str] = deque()
        self._record: list[str] = []
        self.start = 1  # line number at which the current record starts

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._returned.popleft() if self._returned else next(self._file)
        self._record.append(line)
        return line

    def close_record(self) -> None:
        """The lines taken since the last call are one record; the next record starts after them."""
        self.start += len(self._record)
        self._record.clear()

    def close_line(self) -> None:
        """Only the first of the lines taken is a (bad) record; the others are to be read again."""
        self._returned.extendleft(reversed(self._record[1:]))
        del self._record[1:]
        self.close_record()


def _records(file: TextIO, width: int, delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """Yield (line number, cells, or the reason why the row is bad) for each row, header included."""
    lines = _Lines(file)
    while True:
        try:
            for cells in csv.reader(lines, delimiter=delimiter, strict=True):
                line = lines.start
                if len(cells) == width:
                    lines.close_record()
                    yield line, BROKEN_UTF8 if is_broken("".join(cells)) else cells
                elif cells:
                    lines.close_line()
                    yield line, wrong_width(width)
                else:
                    lines.close_record()
            return
        except csv.Error:
            line = lines.start
            lines.close_line()
            yield line, _BROKEN_QUOTES


def _read_strict(path: Path, header: Sequence[str], columns: Sequence[str], delimiter: str) -> Table:
    pick = itemgetter(*(header.index(column) for column in columns))
    batches: list[pa.RecordBatch] = []
    rows: list[list[str]] = []
    numbers: list[int] = []
    bad: dict[str, list[int]] = {}

    def flush() -> None:
        cells = [pick(row) for row in rows] if len(columns) > 1 else [(pick(row),) for row in rows]
        arrays = [pa.array(values, pa.string()) for values in zip(*cells, strict=True)]
        batches.append(pa.RecordBatch.from_arrays(arrays, list(columns)))
        rows.clear()

    with _open(path) as file:
        records = _records(file, len(header), delimiter)
        next(records)  # the header
        for line, row in records:
            if isinstance(row, str):
                bad.setdefault(row, []).append(line)
                continue
            rows.append(row)
            numbers.append(line)
            if len(rows) == _BATCH:
                flush()
    if rows:
        flush()
    schema = pa.schema([(column, pa.string()) for column in columns])
    return table_of_lines(path, pa.Table.from_batches(batches, schema).to_pandas(), numbers, bad)

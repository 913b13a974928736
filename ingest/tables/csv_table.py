"""CSV and other text tables: a fast reader where each line is a row, and a strict reader for all other files."""

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Final, TextIO

import pyarrow as pa
from pyarrow import csv as arrow_csv

from pharos.ingest.errors import DataError
from pharos.ingest.report import Finding, Outcome
from pharos.ingest.tables.encoding import Encoding, scan
from pharos.ingest.tables.files import DataFile, data_file
from pharos.ingest.tables.rows import RowCollector, is_broken, wrong_width
from pharos.ingest.tables.table import Table, require_columns
from pharos.ingest.tables.text_format import Dialect, TextFormat, find_dialect, open_text, split_line

MAX_LINE: Final = 1 << 24
"""Characters of a line; a longer one is dropped without being held in memory."""
_LONG_LINE: Final = f"a line of more than {MAX_LINE:,} characters"
_BROKEN_QUOTES: Final = (
    f"broken quotes (not closed, or closed amid a cell), or a cell over {csv.field_size_limit():,} characters"
)


def read_csv(path: Path, columns: Sequence[str]) -> Table:
    """Read these columns of a CSV file with a header, every cell a string. See `read_text_table`."""
    return read_text_table(data_file(path), columns, TextFormat())


def read_text_table(file: DataFile, columns: Sequence[str], said: TextFormat) -> Table:
    """Read these columns of a text table, every cell a string.

    A row with the wrong number of cells, with broken quotes or bytes that are not of the encoding is dropped and
    counted. An encoding that was found rather than said or marked is noted.
    Errors: DataError for a file that cannot be opened, has no header or lacks a column.
    """
    encoding = scan(file, said.encoding)
    if encoding.empty and said.header:
        raise DataError(f"{file.name}: the first line must name the columns, and is empty")
    dialect = find_dialect(file, encoding, said, columns)
    if encoding.empty:
        return RowCollector(file.name, columns).table()
    require_columns(file.name, dialect.header, columns)
    notes = _notes(file, encoding)
    if dialect.plain:
        try:
            return _read_fast(file, dialect, columns, notes)
        except (pa.ArrowInvalid, UnicodeError):
            pass  # ragged rows, broken bytes or a very long line: the strict reader says which
    return _read_strict(file, dialect, columns, notes)


def _notes(file: DataFile, encoding: Encoding) -> tuple[Finding, ...]:
    if not encoding.found:
        return ()
    name = {"cp1252": "Windows-1252", "latin-1": "Latin-1"}[encoding.name]
    reason = f'bytes that are no UTF-8: read as {name}; say encoding = "{encoding.name}" in dataset.toml if it is'
    return (Finding(file.name, Outcome.NOTED, reason, encoding.strays, (f"{file.name}:{encoding.first_line}",)),)


def _read_fast(file: DataFile, dialect: Dialect, columns: Sequence[str], notes: tuple[Finding, ...]) -> Table:
    # By position, since a header may name a column twice that nobody asks for.
    names = [f"c{position}" for position in range(len(dialect.header))]
    picked = [names[dialect.header.index(column)] for column in columns]
    encoding = "utf8" if dialect.encoding.name == "utf-8-sig" else dialect.encoding.name
    with file.open() as stream:
        table = arrow_csv.read_csv(
            stream,
            read_options=arrow_csv.ReadOptions(column_names=names, skip_rows=dialect.skip, encoding=encoding),
            parse_options=arrow_csv.ParseOptions(delimiter=dialect.separator, quote_char=False),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=picked, column_types=dict.fromkeys(picked, pa.string()), strings_can_be_null=False
            ),
        )
    frame = table.rename_columns(list(columns)).to_pandas()
    return Table(frame, _PlainLines(file, dialect), ((file.name, table.num_rows),), notes)


@dataclass(frozen=True)
class _PlainLines:
    """Line numbers in a file with one row per line: counted only when requested."""

    source: DataFile
    dialect: Dialect

    @property
    def file(self) -> str:
        return self.source.name

    def of(self, records: Sequence[int]) -> list[str]:
        wanted, places = set(records), {}
        with open_text(self.source, self.dialect.encoding) as text:
            filled = (
                number for number, line in enumerate(text, start=1) if number > self.dialect.skip and line.strip("\r\n")
            )
            for record, number in enumerate(filled):
                if record in wanted:
                    places[record] = f"{self.file}:{number}"
                    if len(places) == len(wanted):
                        break
        return [places[record] for record in records]


class _Lines:
    """The physical lines of a file, with a way to give back lines that a broken record swallowed."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._returned: deque[str] = deque()
        self._record: list[str] = []
        self.start = 1  # line number at which the current record starts

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._returned.popleft() if self._returned else self._read()
        self._record.append(line)
        return line

    def _read(self) -> str:
        line = self._text.readline(MAX_LINE)
        if not line:
            raise StopIteration
        if len(line) == MAX_LINE and not line.endswith(("\n", "\r")):
            rest = line
            while rest and not rest.endswith(("\n", "\r")):
                rest = self._text.readline(MAX_LINE)
            raise _LongLine
        return line

    def close_record(self) -> None:
        """Treat the lines taken since the last call as one record; the next record starts after them."""
        self.start += len(self._record)
        self._record.clear()

    def close_line(self) -> None:
        """Treat only the first of the lines taken as a (bad) record, and read the others again."""
        self._returned.extendleft(reversed(self._record[1:]))
        del self._record[1:]
        self.close_record()

    def close_long_line(self) -> int:
        """Treat the lines taken and the too long one after them as one bad record; returns its line number."""
        self.close_record()
        self.start += 1
        return self.start - 1


class _LongLine(Exception):
    """A line is longer than the limit."""


def _records(text: TextIO, dialect: Dialect) -> Iterator[tuple[int, list[str] | str]]:
    """Yield (line number, cells, or the reason why the row is bad) for each row after the header."""
    lines, width = _Lines(text), len(dialect.header)
    check, broken = dialect.encoding.may_break, f"broken {_encoding_name(dialect.encoding)}"
    for _ in range(dialect.skip):
        next(lines, "")
    lines.close_record()
    while True:
        try:
            for cells in dialect.reader(lines) if len(dialect.separator) == 1 else _split(lines, dialect):
                line = lines.start
                if len(cells) == width and not (width == 1 and cells == [""]):
                    lines.close_record()
                    yield line, broken if check and is_broken("".join(cells)) else cells
                elif cells and cells != [""]:
                    lines.close_line()
                    yield line, wrong_width(width)
                else:
                    lines.close_record()
            return
        except csv.Error:
            line = lines.start
            lines.close_line()
            yield line, _BROKEN_QUOTES
        except _LongLine:
            yield lines.close_long_line(), _LONG_LINE


def text_rows(file: DataFile, dialect: Dialect) -> Iterator[list[str]]:
    """The good rows of a text table, after its header."""
    with open_text(file, dialect.encoding) as text:
        for _, row in _records(text, dialect):
            if not isinstance(row, str):
                yield row


def _split(lines: _Lines, dialect: Dialect) -> Iterator[list[str]]:
    for line in lines:
        yield split_line(line, dialect)


def _encoding_name(encoding: Encoding) -> str:
    return "UTF-8" if encoding.name == "utf-8-sig" else encoding.name


def _read_strict(file: DataFile, dialect: Dialect, columns: Sequence[str], notes: tuple[Finding, ...]) -> Table:
    positions = [dialect.header.index(column) for column in columns]
    pick = itemgetter(*positions)
    rows = RowCollector(file.name, columns, raw=lambda numbers: lines_at(file, dialect.encoding, numbers))
    with open_text(file, dialect.encoding) as text:
        for line, row in _records(text, dialect):
            if isinstance(row, str):
                rows.drop(row, line)
            else:
                rows.add(pick(row) if len(positions) > 1 else (row[positions[0]],), line)
    return rows.table(notes)


def lines_at(file: DataFile, encoding: Encoding, numbers: Sequence[int]) -> list[str]:
    """The text of these lines (from 1), without line ending, cut at 10,000 characters."""
    wanted, found = set(numbers), {}
    with open_text(file, encoding) as text:
        for number, line in enumerate(text, start=1):
            if number in wanted:
                found[number] = line.rstrip("\r\n")[:10_000].encode("utf-8", "replace").decode()
                if len(found) == len(wanted):
                    break
    return [found.get(number, "") for number in numbers]

"""The format of a text table: declared, or detected from its first rows."""

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Final, TextIO

from pharos.ingest.errors import DataError
from pharos.ingest.tables.encoding import Encoding, open_error
from pharos.ingest.tables.files import DataFile
from pharos.ingest.unicode import clean_name

SEPARATORS: Final = (",", ";", "\t", "|")
_SAMPLE: Final = 1 << 18  # characters that a guess is made from
_SAMPLED_ROWS: Final = 200
_EXCEL_HINT: Final = re.compile("sep=(.)$", re.IGNORECASE)


@dataclass(frozen=True)
class TextFormat:
    """The declared format of a text table; None: to be detected.

    separator: between cells; of several characters, there are no quotes. encoding: a name that Python knows.
    header: whether the first line names the columns. columns: their names, where no header does; in place of these,
    a file without a header has columns called 1, 2, 3. quote: around cells, empty for none. escape: before a quote
    that is part of a cell, where it is not doubled.
    """

    separator: str | None = None
    encoding: str | None = None
    header: bool = True
    columns: tuple[str, ...] | None = None
    quote: str = '"'
    escape: str | None = None


@dataclass(frozen=True)
class Dialect:
    """The format of one file.

    skip: lines before the first row, header included. header: the names of the columns.
    """

    encoding: Encoding
    separator: str
    header: tuple[str, ...]
    skip: int
    quote: str
    escape: str | None

    @property
    def plain(self) -> bool:
        """Whether every line is a row, so that the fast reader can be used."""
        return not self.quotes and self.escape is None and len(self.separator) == 1

    @property
    def quotes(self) -> bool:
        """Whether cells may be quoted."""
        return self.quote != "" and (self.encoding.quotes or self.quote != '"')

    def reader(self, lines: Iterator[str]) -> Iterator[list[str]]:
        """The rows of these lines. Errors: csv.Error for broken quotes."""
        return csv.reader(
            lines,
            delimiter=self.separator,
            quotechar=self.quote or None,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            escapechar=self.escape,
            strict=True,
        )


@contextmanager
def open_text(file: DataFile, encoding: Encoding) -> Iterator[TextIO]:
    """The file as text. Line endings are kept; broken bytes become lone surrogates, so that the row can be named.

    Errors: DataError.
    """
    # In UTF-16 and UTF-32 a broken sign leaves no way to tell where the next line begins.
    errors = "strict" if encoding.wide else "surrogateescape"
    with file.open() as stream:
        try:
            yield io.TextIOWrapper(stream, encoding=encoding.name, errors=errors, newline="")
        except UnicodeError as error:
            raise open_error(file, encoding.name, error) from error


def find_dialect(file: DataFile, encoding: Encoding, said: TextFormat, wanted: Collection[str]) -> Dialect:
    """The format of the file: as declared, otherwise detected from its first rows.

    wanted: the columns that will be read; of several possible separators it is the one whose header names them.
    Errors: DataError for a file without rows or with a broken header.
    """
    with open_text(file, encoding) as text:
        sample = text.read(_SAMPLE)
    lines = list(io.StringIO(sample, newline=""))  # not str.splitlines, which also breaks at other signs
    if len(sample) == _SAMPLE and len(lines) > 1:
        lines.pop()
    hint = _EXCEL_HINT.match(lines[0].rstrip("\r\n")) if lines else None
    skip = 1 if hint else 0
    separator = said.separator or (hint[1] if hint else None)
    if separator is None:
        separator = _sniff(file, lines, said, wanted)
    dialect = Dialect(encoding, separator, (), skip, said.quote, said.escape)
    if said.header:
        header, taken = _header(file, dialect, lines[skip:], skip + 1)
        return Dialect(encoding, separator, said.columns or header, skip + taken, said.quote, said.escape)
    columns = said.columns or tuple(str(n + 1) for n in range(_width(dialect, lines[skip:])))
    return Dialect(encoding, separator, columns, skip, said.quote, said.escape)


def split_line(line: str, dialect: Dialect) -> list[str]:
    """The cells of a one-line row, without quotes."""
    return line.rstrip("\r\n").split(dialect.separator)


def _rows(dialect: Dialect, lines: Iterable[str], count: int) -> list[list[str]]:
    if len(dialect.separator) > 1:
        return [split_line(line, dialect) for line in islice(lines, count)]
    rows = []
    try:
        for row in dialect.reader(iter(lines)):
            rows.append(row)
            if len(rows) == count:
                break
    except csv.Error:
        pass
    return rows


def _header(file: DataFile, dialect: Dialect, lines: Sequence[str], number: int) -> tuple[tuple[str, ...], int]:
    """The column names, and the count of lines that they take."""
    rest = iter(lines)
    rows = _rows(dialect, rest, 1)
    if not rows and lines:
        raise DataError(f"{file.name}:{number}: the header cannot be read as CSV: broken quotes")
    if not rows or not any(rows[0]):
        raise DataError(f"{file.name}: the first line must name the columns, and is empty")
    if any("\udc80" <= sign <= "\udcff" for sign in "".join(rows[0])):
        raise DataError(f"{file.name}:{number}: broken UTF-8 in the header")
    return tuple(clean_name(name) for name in rows[0]), len(lines) - len(list(rest))


def _width(dialect: Dialect, lines: Sequence[str]) -> int:
    widths = Counter(len(row) for row in _rows(dialect, lines, _SAMPLED_ROWS) if any(row))
    return widths.most_common(1)[0][0] if widths else 0


def _sniff(file: DataFile, lines: Sequence[str], said: TextFormat, wanted: Collection[str]) -> str:
    """The separator that yields the wanted columns, rows of one width, and the most cells."""
    own = "\t" if file.suffix in (".tsv", ".tab") else ","
    best, best_score = own, (0.0, 0.0, 0.0)
    # A tie goes to the suffix's own separator under a header; without one, a comma is likely that of decimals.
    ranked = sorted(SEPARATORS, key=lambda separator: (separator != own) if said.header else (separator == ","))
    for separator in ranked:
        dialect = Dialect(Encoding("", quotes=True), separator, (), 0, said.quote, said.escape)
        rows = [row for row in _rows(dialect, lines, _SAMPLED_ROWS) if any(row)]
        if not rows:
            continue
        names = {clean_name(name) for name in rows[0]} if said.header else set()
        width = len(said.columns) if said.columns and not said.header else len(rows[0])
        steady = sum(len(row) == width for row in rows) / len(rows)
        score = (float(sum(name in names for name in wanted)), steady if width > 1 else 0.0, float(width))
        if score > best_score:
            best, best_score = separator, score
    return best

"""JSON tables: one record per line, or an array of records, read as a stream."""

import ast
import json
import math
from collections.abc import Iterator, Sequence
from typing import Any, Final, TextIO

from pharos.ingest.errors import DataError
from pharos.ingest.tables.csv_table import MAX_LINE, lines_at
from pharos.ingest.tables.encoding import Encoding, scan
from pharos.ingest.tables.files import DataFile
from pharos.ingest.tables.paths import texts_at
from pharos.ingest.tables.rows import RowCollector
from pharos.ingest.tables.table import Table
from pharos.ingest.tables.text_format import TextFormat, open_text

_CHUNK: Final = 1 << 16
_NO_OBJECT: Final = "no JSON object"
_BROKEN: Final = "broken JSON"
_SHOWN_KEYS: Final = 12


def read_json_table(file: DataFile, columns: Sequence[str], said: TextFormat) -> Table:
    """Read these columns, each a key or a path such as "price.amount", every cell a string.

    A record that is no object, or a line that is no JSON, is dropped and counted. Lists are given as JSON.
    Errors: DataError for a file that cannot be opened, an array that breaks off, or a column that no record has.
    """
    encoding = scan(file, said.encoding)
    rows = RowCollector(file.name, columns, raw=lambda numbers: lines_at(file, encoding, numbers))
    seen: set[str] = set()
    keys: dict[str, None] = {}
    count = 0
    for line, record in json_records(file, encoding):
        count += 1
        if not isinstance(record, dict):
            rows.drop(record if isinstance(record, str) else _NO_OBJECT, line)
            continue
        if len(keys) < _SHOWN_KEYS:
            keys.update(dict.fromkeys(record))
        cells = texts_at(record, columns)
        if not all(map(_storable, cells)):
            rows.drop("broken UTF-8, or half of a surrogate pair", line)
            continue
        if len(seen) < len(columns):
            seen.update(column for column, cell in zip(columns, cells, strict=True) if cell)
        rows.add(cells, line)
    for column in columns:
        if keys and column not in seen and column not in keys:
            shown = ", ".join(map(repr, list(keys)[:_SHOWN_KEYS]))
            raise DataError(f"{file.name}: no record has {column!r}; the keys present are {shown}")
    return rows.table()


def json_records(file: DataFile, encoding: Encoding) -> Iterator[tuple[int, Any]]:
    """Yield (line, object, or the reason why it is none) for each record. Errors: DataError."""
    with open_text(file, encoding) as text:
        first = text.read(1)
        while first.isspace():
            first = text.read(1)
    with open_text(file, encoding) as text:
        yield from _array(file, text) if first == "[" else _lines(file, text)


def _storable(cell: str) -> bool:
    if cell.isascii():
        return True
    try:
        cell.encode()
    except UnicodeEncodeError:
        return False
    return True


def _lines(file: DataFile, text: TextIO) -> Iterator[tuple[int, Any]]:
    number = 0
    while line := text.readline(MAX_LINE):
        number += 1
        if len(line) == MAX_LINE and not line.endswith("\n"):
            while (rest := text.readline(MAX_LINE)) and not rest.endswith("\n"):
                pass
            yield number, f"a line of more than {MAX_LINE:,} characters"
            continue
        if not line.strip():
            continue
        try:
            record = _decode(line)
        except (ValueError, RecursionError):
            if number == 1 and line.strip() == "{":
                raise DataError(
                    f"{file.name}: is one JSON object; allowed are an object on each line, or an array [ … ] of objects"
                ) from None
            record = _BROKEN
        yield number, record


def _decode(line: str) -> Any:
    """The record of a line of JSON, or of a Python literal, as Amazon's reviews of 2014 are published.

    Errors: ValueError, RecursionError.
    """
    if not line.startswith("{'"):
        return _decoder.decode(line)
    try:
        return ast.literal_eval(line)
    except (SyntaxError, TypeError, MemoryError) as error:
        raise ValueError("no Python literal") from error


def _array(file: DataFile, text: TextIO) -> Iterator[tuple[int, Any]]:
    """The records of an array; an unreadable element ends the reading, since its end is unknown."""
    buffer, line, position, ended = "", 1, 0, False
    opened = False

    def broken(problem: str) -> DataError:
        return DataError(f"{file.name}:{line}: {problem}; nothing behind it can be read")

    while True:
        while True:  # to the next sign that is no blank
            while position < len(buffer) and buffer[position] in " \t\r\n":
                line += buffer[position] == "\n"
                position += 1
            if position < len(buffer) or ended:
                break
            buffer, position = text.read(_CHUNK), 0
            ended = not buffer
        if position >= len(buffer):
            raise broken("the array breaks off")
        sign = buffer[position]
        if not opened:
            opened = True
            position += 1
            continue
        if sign == "]":
            return
        if sign == ",":
            position += 1
            continue
        buffer, position = buffer[position:], 0
        while True:
            try:
                record, position = _decoder.raw_decode(buffer)
                if position == len(buffer) and not ended and not isinstance(record, dict):
                    raise ValueError("a number may go on in what is not read yet")
                break
            except RecursionError:
                raise broken("an element is nested too deeply") from None
            except ValueError:
                if ended:
                    raise broken("the array breaks off, or an element is no JSON") from None
                if len(buffer) > MAX_LINE:
                    raise broken(f"an element is no JSON, or has more than {MAX_LINE:,} characters") from None
                more = text.read(max(_CHUNK, len(buffer)))
                ended = not more
                buffer += more
        yield line, record
        line += buffer.count("\n", 0, position)


def _constant(name: str) -> float:
    return {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}[name]


_decoder: Final = json.JSONDecoder(parse_constant=_constant)

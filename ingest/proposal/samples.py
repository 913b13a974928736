"""Samples of every table in a folder: its first rows, as text, whatever the file format."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pharos.ingest.errors import DataError
from pharos.ingest.tables.csv_table import text_rows
from pharos.ingest.tables.encoding import scan
from pharos.ingest.tables.files import (
    JSON_SUFFIXES,
    PARQUET_SUFFIXES,
    TEXT_SUFFIXES,
    DataFile,
    data_file,
    is_table,
    zip_tables,
)
from pharos.ingest.tables.json_table import json_records
from pharos.ingest.tables.paths import as_text
from pharos.ingest.tables.text_format import TextFormat, find_dialect
from pharos.ingest.values.numbers import parse_numbers

SAMPLED_ROWS: Final = 20_000
_DEEPEST: Final = 4
_MOST_COLUMNS: Final = 500


@dataclass(frozen=True)
class Sample:
    """The first rows of a table. frame: str, by column. whole: whether these are all rows.

    name: as dataset.toml names the file, relative to the folder. encoding: if it is to be said. separator: of a text
    table. header: whether the first line names the columns, which else are called 1, 2, 3.
    """

    name: str
    frame: pd.DataFrame
    whole: bool
    encoding: str | None = None
    separator: str | None = None
    header: bool = True

    @property
    def stem(self) -> str:
        """The file's name without suffixes, in lower case."""
        return Path(self.name).name.partition(".")[0].lower()


def sample_folder(folder: Path) -> tuple[list[Sample], dict[str, str]]:
    """Samples of all tables in the folder, and the other files, with the reason why they were not read.

    A folder in it whose files all are tables of one kind is one table.
    """
    samples, left_out = [], {}
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith((".", "_")) or entry.name == "dataset.toml":
            continue
        try:
            found = list(_samples(entry))
        except DataError as error:
            left_out[entry.name] = str(error)
            continue
        if not found:
            left_out[entry.name] = "no table" if entry.is_file() else "a folder without tables of one kind"
        for sample in found:
            if sample.frame.empty or len(sample.frame.columns) < 1:
                left_out[sample.name] = "has no rows"
            else:
                samples.append(sample)
    return samples, left_out


def _samples(entry: Path) -> Iterator[Sample]:
    if entry.is_dir():
        parts = sorted(file for file in entry.rglob("*") if file.is_file() and not file.name.startswith((".", "_")))
        if parts and all(map(is_table, parts)) and len({part.suffix for part in parts}) == 1:
            yield _sample(data_file(parts[0]), entry.name, whole=len(parts) == 1)
    elif entry.suffix.lower() == ".zip":
        for member in zip_tables(entry):
            name = f"{entry.name}/{Path(member).name}"
            yield _sample(data_file(entry / Path(member).name), name)
    elif is_table(entry):
        yield _sample(data_file(entry), entry.name)


def _sample(file: DataFile, name: str, *, whole: bool = True) -> Sample:
    if file.suffix in TEXT_SUFFIXES:
        return _sample_text(file, name, whole)
    if file.suffix in JSON_SUFFIXES:
        records = (record for _, record in json_records(file, scan(file)) if isinstance(record, dict))
        frame = _frame(map(_flat, islice(records, SAMPLED_ROWS)))
    elif file.suffix in PARQUET_SUFFIXES:
        frame = _sample_parquet(file)
    else:
        raise DataError(f"{file.name}: unknown kind of file")
    return Sample(name, frame, whole and len(frame) < SAMPLED_ROWS)


def _sample_text(file: DataFile, name: str, whole: bool) -> Sample:
    encoding = scan(file)
    if encoding.empty:
        return Sample(name, pd.DataFrame(), whole=True)
    dialect = find_dialect(file, encoding, TextFormat(header=False), ())
    rows = list(islice(text_rows(file, dialect), SAMPLED_ROWS + 1))
    if not rows:
        return Sample(name, pd.DataFrame(), whole=True)
    header = _is_header(rows)
    if header:
        # The header tells the separator better than the width of the rows.
        dialect = find_dialect(file, encoding, TextFormat(), ())
        rows = list(islice(text_rows(file, dialect), SAMPLED_ROWS))
    columns = dialect.header
    unique = len(set(columns)) == len(columns)
    frame = pd.DataFrame(rows, columns=list(columns), dtype="str") if unique else _first_of_each(rows, columns)
    return Sample(
        name,
        frame.apply(lambda column: column.str.strip()),
        whole and len(rows) < SAMPLED_ROWS,
        encoding.name if encoding.found else None,
        dialect.separator,
        header,
    )


def _first_of_each(rows: list[list[str]], columns: Iterable[str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, dtype="str")
    frame.columns = pd.Index(list(columns))
    return frame.loc[:, ~frame.columns.duplicated(keep=False)]


def _is_header(rows: list[list[str]]) -> bool:
    """Whether the first row is a header: all cells are different texts, unlike the cells below."""
    first = [cell.strip() for cell in rows[0]]
    if len(set(first)) < len(first) or any(not cell or _is_number(cell) for cell in first):
        return False
    below = [row for row in rows[1:200] if len(row) == len(first)]
    if not below:
        return True
    for position, cell in enumerate(first):
        values = [row[position].strip() for row in below]
        if cell in values:
            return False
        if any(values) and sum(map(_is_number, values)) > 0.9 * sum(map(bool, values)):
            return True
    return all(re.fullmatch(r"[^\W\d][\w .:()/-]{0,40}", cell) for cell in first)


def _is_number(cell: str) -> bool:
    values, bad = parse_numbers(pd.Series([cell], dtype="str"))
    return bool(cell) and not bad[0] and values[0] == values[0]


def _sample_parquet(file: DataFile) -> pd.DataFrame:
    try:
        with file.open() as stream:
            parquet = pq.ParquetFile(stream if file.packing is None else pa.BufferReader(stream.read()))
            batch = next(parquet.iter_batches(SAMPLED_ROWS), None)
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{file.name}: cannot be read as Parquet: {error}") from error
    return _frame(_flat(row) for row in (batch.to_pylist() if batch is not None else []))


def _flat(record: dict[str, Any], depth: int = 1) -> dict[str, Any]:
    """The record with the fields of objects in it named by their path."""
    flat: dict[str, Any] = {}
    for key, value in record.items():
        if isinstance(value, dict) and depth < _DEEPEST:
            flat.update({f"{key}.{path}": inner for path, inner in _flat(value, depth + 1).items()})
        else:
            flat[key] = value
    return flat


def _frame(records: Iterable[dict[str, Any]]) -> pd.DataFrame:
    rows = list(records)
    columns = list(dict.fromkeys(key for row in rows for key in row))[:_MOST_COLUMNS]
    return pd.DataFrame({c: pd.Series([as_text(row.get(c)) for row in rows], dtype="str") for c in columns})

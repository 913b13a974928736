"""Parquet files."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pharos.ingest.errors import DataError
from pharos.ingest.tables.table import Table, require_columns

_WHOLE_NUMBERS: Final = 2.0**53
"""Below it every whole number is a float of its own."""


@dataclass(frozen=True)
class _Rows:
    """Places in a file that has rows rather than lines."""

    path: Path

    @property
    def file(self) -> str:
        return self.path.name

    def of(self, records: Sequence[int]) -> list[str]:
        return [f"{self.file}:row {record + 1}" for record in records]


def read_parquet(path: Path, columns: Sequence[str], *, text: Collection[str]) -> Table:
    """Read these columns of a Parquet file; those of `text` as strings (null: empty), the others as they are.

    Errors: DataError for a file that is no Parquet or lacks a column.
    """
    try:
        require_columns(path.name, pq.read_schema(path).names, columns)
        table = pq.read_table(path, columns=list(columns))
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{path}: cannot be read as Parquet: {error}") from error
    for position, column in enumerate(table.column_names):
        if column in text:
            table = table.set_column(position, column, _as_text(path, column, table[column]))
    return Table(table.to_pandas(), _Rows(path), table.num_rows)


def _as_text(path: Path, column: str, values: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    # pandas turns whole numbers with a gap among them into floats: 1.0 is the id 1.
    if pa.types.is_floating(values.type):
        values = pc.if_else(pc.is_nan(values), None, values)
        whole = pc.and_(pc.equal(pc.floor(values), values), pc.less(pc.abs(values), _WHOLE_NUMBERS))
        if pc.all(whole).as_py() is not False:
            values = values.cast(pa.int64())
    try:
        return pc.fill_null(values.cast(pa.string()), "")
    except pa.ArrowException as error:
        raise DataError(f"{path.name}: column {column!r} of type {values.type} cannot be read as text") from error

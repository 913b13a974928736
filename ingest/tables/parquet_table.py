"""Parquet files."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pharos.ingest.errors import DataError
from pharos.ingest.tables.files import DataFile
from pharos.ingest.tables.table import Table, require_columns
from pharos.ingest.unicode import clean_name

_WHOLE_NUMBERS: Final = 2.0**53
"""Below it every whole number is a float of its own."""


@dataclass(frozen=True)
class _Rows:
    """Places in a file that has row numbers instead of lines."""

    file: str

    def of(self, records: Sequence[int]) -> list[str]:
        return [f"{self.file}:row {record + 1}" for record in records]


def read_parquet(file: DataFile, columns: Sequence[str], *, text: Collection[str]) -> Table:
    """Read these columns of a Parquet file, each a name or the path of a field in a struct.

    Those of `text` come as strings (null: empty), the others as they are, and decimals as floats.
    Errors: DataError for a file that is no Parquet or lacks a column.
    """
    try:
        with file.open() as stream:
            parquet = pq.ParquetFile(stream if file.packing is None else pa.BufferReader(stream.read()))
            names = {clean_name(name): name for name in parquet.schema_arrow.names}
            tops = {column: _top(column, names) for column in columns}
            require_columns(
                file.name, [*names, *(c for c in columns if tops[c] is not None and c not in names)], columns
            )
            table = parquet.read(columns=list(dict.fromkeys(top for top in tops.values() if top is not None)))
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{file.name}: cannot be read as Parquet: {error}") from error
    read = {column: _column(file, table, column, names, as_text=column in text) for column in columns}
    frame = pa.table(read).to_pandas() if read else table.to_pandas()
    return Table(frame, _Rows(file.name), ((file.name, table.num_rows),))


def _top(column: str, names: dict[str, str]) -> str | None:
    """The top-level column that holds this one."""
    if column in names:
        return names[column]
    return names.get(column.partition(".")[0]) if "." in column else None


def _column(file: DataFile, table: pa.Table, column: str, names: dict[str, str], *, as_text: bool) -> pa.ChunkedArray:
    if column in names:
        values = table[names[column]]
    else:
        top, *path = column.split(".")
        values = table[names[top]]
        for field in path:
            if not pa.types.is_struct(values.type) or values.type.get_field_index(field) < 0:
                raise DataError(f"{file.name}: no column {column!r}; {top!r} is of type {table[names[top]].type}")
            values = pc.struct_field(values, field)
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if as_text:
        return _as_text(file, column, values)
    return values.cast(pa.float64()) if pa.types.is_decimal(values.type) else values


def _as_text(file: DataFile, column: str, values: Any) -> pa.ChunkedArray:
    # pandas turns whole numbers with a gap among them into floats: 1.0 is the id 1.
    if pa.types.is_floating(values.type):
        values = pc.if_else(pc.is_nan(values), None, values)
        whole = pc.and_(pc.equal(pc.floor(values), values), pc.less(pc.abs(values), _WHOLE_NUMBERS))
        if pc.all(whole).as_py() is not False:
            values = values.cast(pa.int64())
    elif pa.types.is_decimal(values.type) and pc.all(pc.equal(pc.floor(values), values)).as_py() is not False:
        values = values.cast(pa.decimal256(76, 0)).cast(pa.string())
    try:
        return pc.fill_null(values.cast(pa.string()), "")
    except pa.ArrowException as error:
        raise DataError(f"{file.name}: column {column!r} of type {values.type} cannot be read as text") from error

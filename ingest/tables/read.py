"""Reading a table by the kind of its file."""

from collections.abc import Collection, Sequence
from pathlib import Path

from pharos.ingest.errors import DataError
from pharos.ingest.tables.csv_table import read_csv
from pharos.ingest.tables.parquet_table import read_parquet
from pharos.ingest.tables.table import Table


def read_table(path: Path, columns: Sequence[str], *, text: Collection[str] = ()) -> Table:
    """Read these columns of a .csv, .tsv or .parquet file.

    text: the columns that must come as strings whatever their type in the file (ids, categories); those of a CSV
    always do. Errors: DataError.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    match path.suffix.lower():
        case ".csv":
            return read_csv(path, columns)
        case ".tsv":
            return read_csv(path, columns, delimiter="\t")
        case ".parquet":
            return read_parquet(path, columns, text=text)
    raise DataError(f"{path}: unknown kind of file {path.suffix!r}; allowed are .csv, .tsv and .parquet")

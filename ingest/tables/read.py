"""Reads a table from a file, several files, a folder or a database."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pharos.ingest.errors import DataError
from pharos.ingest.tables.csv_table import read_text_table
from pharos.ingest.tables.files import (
    JSON_SUFFIXES,
    PARQUET_SUFFIXES,
    TABLE_SUFFIXES,
    TEXT_SUFFIXES,
    data_file,
    is_table,
)
from pharos.ingest.tables.json_table import read_json_table
from pharos.ingest.tables.parquet_table import read_parquet
from pharos.ingest.tables.query_table import Query, read_query
from pharos.ingest.tables.table import Table, join_tables
from pharos.ingest.tables.text_format import TextFormat

_GLOB_SIGNS = frozenset("*?[")


@dataclass(frozen=True)
class Source:
    """The source of a table: files (names, patterns or folders, relative to `folder`), or a query."""

    folder: Path
    files: tuple[str, ...] = ()
    query: Query | None = None
    format: TextFormat = field(default_factory=TextFormat)

    def paths(self) -> list[Path]:
        """The files, each once; those of a pattern or a folder in the order of their names. Errors: DataError."""
        found = dict.fromkeys(path for name in self.files for path in _expand(self.folder, name))
        return list(found)


def read_source(source: Source, columns: Sequence[str], *, text: Collection[str] = ()) -> Table:
    """Read these columns of the source, as `read_table` does, one file after the other. Errors: DataError."""
    if source.query is not None:
        return read_query(source.query, columns)
    tables = [
        read_table(path, columns, text=text, said=source.format, name=_name(path, source.folder))
        for path in source.paths()
    ]
    return join_tables(", ".join(source.files), tables)


def read_table(
    path: Path,
    columns: Sequence[str],
    *,
    text: Collection[str] = (),
    said: TextFormat | None = None,
    name: str | None = None,
) -> Table:
    """Read these columns of a text, JSON or Parquet file, compressed or not.

    text: the columns that must come as strings whatever their type in the file (ids, categories); those of text and
    JSON always do. said: how it is written, as far as it is declared. name: for messages, in place of the file's
    own. Errors: DataError.
    """
    file, said = data_file(path), said or TextFormat()
    if name is not None:
        file = replace(file, name=name)
    if file.suffix in TEXT_SUFFIXES:
        return read_text_table(file, columns, said)
    if file.suffix in JSON_SUFFIXES:
        return read_json_table(file, columns, said)
    if file.suffix in PARQUET_SUFFIXES:
        return read_parquet(file, columns, text=text)
    allowed = ", ".join(TABLE_SUFFIXES)
    raise DataError(
        f"{path}: unknown kind of file {file.suffix!r}; allowed are {allowed}, also as .gz, .bz2, .xz, .zst, .zip"
    )


def _name(path: Path, folder: Path) -> str | None:
    """The file's path within the folder, since part files often share a name."""
    if path.parent == folder or path.parent.suffix.lower() == ".zip" or not path.is_relative_to(folder):
        return None
    return path.relative_to(folder).as_posix()


def _expand(folder: Path, name: str) -> list[Path]:
    path = folder / name
    if path.is_dir():
        inside = sorted(file for file in path.rglob("*") if file.is_file() and _is_part(file, path))
        if not inside:
            raise DataError(f"{path}: a folder without a table; looked for {', '.join(TABLE_SUFFIXES)}")
        return inside
    if _GLOB_SIGNS & set(name) and not path.exists():
        try:
            matching = sorted(file for file in folder.glob(name) if file.is_file())
        # What pathlib raises for an empty pattern, and for one that begins at the root.
        except (ValueError, NotImplementedError) as error:
            raise DataError(f"{folder}: {name!r} is no pattern of files: {error}") from error
        if not matching:
            raise DataError(f"{folder}: no file matches {name!r}")
        return matching
    return [path]


def _is_part(file: Path, folder: Path) -> bool:
    hidden = any(part.startswith((".", "_")) for part in file.relative_to(folder).parts)
    return is_table(file) and not hidden

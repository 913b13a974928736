"""Opens files as byte streams: plain, or compressed as .gz, .bz2, .xz, .zst or .zip."""

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, cast

import pyarrow as pa

from pharos.ingest.errors import DataError
from pharos.ingest.tables.watching import open_watched

TEXT_SUFFIXES: Final = (".csv", ".tsv", ".tab", ".txt", ".dat")
JSON_SUFFIXES: Final = (".json", ".jsonl", ".ndjson")
PARQUET_SUFFIXES: Final = (".parquet", ".pq")
TABLE_SUFFIXES: Final = (*TEXT_SUFFIXES, *JSON_SUFFIXES, *PARQUET_SUFFIXES)
_PACKERS: Final[dict[str, Callable[[IO[bytes]], IO[bytes]]]] = {
    ".gz": lambda packed: cast(IO[bytes], gzip.GzipFile(fileobj=packed)),
    ".bz2": lambda packed: cast(IO[bytes], bz2.BZ2File(packed)),
    ".xz": lambda packed: cast(IO[bytes], lzma.LZMAFile(packed)),  # noqa: SIM115  # closed by DataFile.open
    ".zst": lambda packed: io.BufferedReader(pa.CompressedInputStream(pa.PythonFile(packed, "r"), "zstd")),
}
_UNPACKING_ERRORS: Final = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError)


@dataclass(frozen=True)
class DataFile:
    """One file that holds a table.

    path: of the file on disk. name: for messages, "events.csv.gz" or "export.zip/events.csv". suffix: of the table
    in it, in lower case and without that of its packing. member: its name within a .zip.
    """

    path: Path
    name: str
    suffix: str
    packing: str | None = None
    member: str | None = None

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Open the decompressed bytes.

        Errors: DataError if the file cannot be read, or its packing is damaged, whenever that shows.
        """
        try:
            with open_watched(self.path, self.name) as file:
                if self.packing is None:
                    yield file
                elif self.packing == ".zip":
                    with zipfile.ZipFile(file) as archive, archive.open(self.member or "") as stream:
                        yield stream
                else:
                    with _PACKERS[self.packing](file) as stream:
                        yield stream
        except _UNPACKING_ERRORS as error:
            what = "read" if self.packing is None else f"unpacked as {self.packing}"
            raise DataError(f"{self.name}: cannot be {what}: {error}") from error


def data_file(path: Path) -> DataFile:
    """The file at this path, which may also name a member of a .zip, as in "export.zip/events.csv".

    Errors: DataError if there is no such file, or a .zip holds no table or several.
    """
    if path.parent.suffix.lower() == ".zip" and path.parent.is_file():
        return _zip_member(path.parent, path.name)
    if not path.is_file():
        raise DataError(f"{path}: {'a folder, not a file' if path.is_dir() else 'no such file'}")
    packing = path.suffix.lower()
    if packing == ".zip":
        return _zip_member(path, None)
    if packing in _PACKERS:
        return DataFile(path, path.name, path.with_suffix("").suffix.lower(), packing)
    return DataFile(path, path.name, packing)


def is_table(path: Path) -> bool:
    """Whether a file of this name can hold a table, compressed or not."""
    suffix = path.suffix.lower()
    if suffix in _PACKERS:
        suffix = path.with_suffix("").suffix.lower()
    return suffix in TABLE_SUFFIXES or suffix == ".zip"


def zip_tables(path: Path) -> list[str]:
    """The names of the tables in a .zip. Errors: DataError if it is not a zip file."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not name.startswith("__MACOSX/")]
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError(f"{path.name}: cannot be unpacked as .zip: {error}") from error
    return [name for name in names if Path(name).suffix.lower() in TABLE_SUFFIXES]


def _zip_member(path: Path, wanted: str | None) -> DataFile:
    tables = zip_tables(path)
    if wanted is not None:
        tables = [name for name in tables if Path(name).name == wanted]
    if len(tables) != 1:
        found = f"{len(tables)} tables ({', '.join(tables[:5])})" if tables else "no table"
        raise DataError(f"{path.name}: holds {found}, where one is needed; name one as in {path.name}/events.csv")
    (member,) = tables
    suffix = Path(member).suffix.lower()
    return DataFile(path, f"{path.name}/{Path(member).name}", suffix, ".zip", member)

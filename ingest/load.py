"""Reading a data set, whatever its layout."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pharos.ingest.dataset import Dataset
from pharos.ingest.declaration import DECLARATION, read_declared
from pharos.ingest.errors import DataError
from pharos.ingest.layouts import movielens_1m, movielens_100k, movielens_csv, movies_dataset, sample


@dataclass(frozen=True)
class _Layout:
    """A kind of folder: known by the files that it holds."""

    name: str
    files: tuple[str, ...]
    read: Callable[[Path], Dataset]


_LAYOUTS: Final = (
    _Layout("dataset folder", (DECLARATION,), read_declared),
    _Layout("The Movies Dataset", movies_dataset.FILES, movies_dataset.read_movies_dataset),
    _Layout("MovieLens latest, 25M, 32M", movielens_csv.FILES, movielens_csv.read_movielens_csv),
    _Layout("MovieLens 1M", movielens_1m.FILES, movielens_1m.read_movielens_1m),
    _Layout("MovieLens 100K", movielens_100k.FILES, movielens_100k.read_movielens_100k),
)


def known_layout(folder: Path) -> str | None:
    """The name of the layout that the folder's files are of; None if it is none, or has a dataset.toml."""
    for layout in _LAYOUTS:
        if all((folder / file).is_file() for file in layout.files):
            return None if layout.read is read_declared else layout.name
    return None


def load_dataset(source: str | Path, *, strict: bool = True) -> Dataset:
    """Read a folder with a dataset.toml, a folder of a known layout, or the installed sample by its name.

    strict: with it off, a folder with a dataset.toml is read however many bad rows it has; why it would be refused
    stands in the report's faults.
    Errors: DataError, with a message for people, for whatever is wrong with the files.
    """
    folder = Path(source)
    if str(source) == sample.NAME and not folder.is_dir():
        return sample.read_sample()
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; give a dataset folder, or {sample.NAME!r} for the installed sample")
    for layout in _LAYOUTS:
        if all((folder / file).is_file() for file in layout.files):
            return read_declared(folder, strict=strict) if layout.read is read_declared else layout.read(folder)
    known = "".join(f"\n  {layout.name}: {', '.join(layout.files)}" for layout in _LAYOUTS)
    raise DataError(f"{folder}: no known layout; a folder must hold the files of one of these:{known}")

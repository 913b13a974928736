"""RecBole's atomic files: NAME.inter and optionally NAME.item and NAME.user; their headers name the types."""

from pathlib import Path
from typing import Final

from pharos.ingest.assemble import EntityTable, InteractionTable, assemble
from pharos.ingest.dataset import Dataset
from pharos.ingest.errors import DataError
from pharos.ingest.schema import RESERVED_NAMES, Feature, FeatureType
from pharos.ingest.tables.csv_table import read_text_table
from pharos.ingest.tables.files import DataFile
from pharos.ingest.tables.table import Table
from pharos.ingest.tables.text_format import TextFormat

_FORMAT: Final = TextFormat(separator="\t", quote="")
_TYPES: Final = {
    "token": FeatureType.CATEGORY,
    "token_seq": FeatureType.TAGS,
    "float": FeatureType.NUMBER,
    "float_seq": FeatureType.VECTOR,
}
_TITLES: Final = ("title", "movie_title", "book_title", "name", "item_name", "business_name", "game_name")


def read_recbole(folder: Path) -> Dataset:
    """Read the first .inter file of the folder and the files beside it. Errors: DataError."""
    path = min(folder.glob("*.inter"))
    columns = _header(path)
    user, item = _only(path, columns, "user_id"), _only(path, columns, "item_id")
    rating = next((name for name in columns if name == "rating"), None)
    timestamp = next((name for name in columns if name == "timestamp"), None)
    used = [name for name in (user, item, rating, timestamp) if name is not None]
    return assemble(
        path.stem,
        InteractionTable(_read(path, columns, used), user, item, rating, timestamp),
        _entities(path.with_suffix(".item"), "item_id", titled=True),
        _entities(path.with_suffix(".user"), "user_id", titled=False),
    )


def _entities(path: Path, id_column: str, *, titled: bool) -> EntityTable | None:
    if not path.is_file():
        return None
    columns = _header(path)
    _only(path, columns, id_column)
    title = next((name for name in _TITLES if name in columns), None) if titled else None
    features = tuple(
        Feature(name, _TYPES[kind], separator=" ")
        for name, kind in columns.items()
        if name not in (id_column, title) and name not in RESERVED_NAMES
    )
    used = [id_column, *([title] if title else []), *(feature.name for feature in features)]
    return EntityTable(_read(path, columns, used), id_column, title, features)


def _header(path: Path) -> dict[str, str]:
    """The columns with their types, in file order."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        first = file.readline(100_000).rstrip("\r\n")
    columns = {}
    for field in first.split("\t"):
        name, _, kind = field.partition(":")
        if kind not in _TYPES:
            raise DataError(f"{path.name}:1: {field!r} names no type; allowed are {', '.join(_TYPES)}")
        columns[name.strip()] = kind
    return columns


def _only(path: Path, columns: dict[str, str], name: str) -> str:
    if name not in columns:
        raise DataError(f"{path.name}: no column {name!r}; the columns present are {', '.join(columns)}")
    return name


def _read(path: Path, columns: dict[str, str], used: list[str]) -> Table:
    said = TextFormat(_FORMAT.separator, header=True, columns=tuple(columns), quote=_FORMAT.quote)
    return read_text_table(DataFile(path, path.name, ".tsv"), used, said)

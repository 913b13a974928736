"""dataset.toml: what a dataset folder says of its files."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pharos.ingest.assemble import EntityTable, InteractionTable, assemble
from pharos.ingest.dataset import Dataset
from pharos.ingest.errors import DataError
from pharos.ingest.limits import MAX_VECTOR
from pharos.ingest.schema import RESERVED_NAMES, Feature, FeatureType
from pharos.ingest.tables.read import read_table

DECLARATION: Final = "dataset.toml"
_ITEMS_ONLY: Final = (FeatureType.IMAGE, FeatureType.SERIES)
_AS_TEXT: Final = (FeatureType.CATEGORY, FeatureType.TEXT)


def read_declared(folder: Path) -> Dataset:
    """Read a folder by its dataset.toml.

    Errors: DataError that names the file, the key and what is allowed.
    """
    path = folder / DECLARATION
    try:
        declared = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"{path}: cannot be read as TOML: {error}") from error
    root = _Section(path, "", declared)
    root.allow(required=("interactions",), optional=("items", "users"))
    interactions = _read_interactions(folder, root.section("interactions"))
    items = _read_entities(folder, root.section("items"), title=True) if "items" in declared else None
    users = _read_entities(folder, root.section("users"), title=False) if "users" in declared else None
    return assemble(folder.resolve().name, interactions, items, users)


class _Section:
    """One table of the TOML file, which knows its name for messages."""

    def __init__(self, path: Path, name: str, values: Mapping[str, Any]) -> None:
        self.path = path
        self.name = name
        self.values = values

    def error(self, key: str, problem: str) -> DataError:
        where = ".".join(part for part in (self.name, key) if part)
        return DataError(f"{self.path}: {where}: {problem}")

    def allow(self, *, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> None:
        allowed = ", ".join(required + optional)
        for key in self.values:
            if key not in required + optional:
                raise self.error(key, f"unknown key; allowed are {allowed}")
        for key in required:
            if key not in self.values:
                raise self.error(key, f"missing; required are {', '.join(required)}")

    def section(self, key: str) -> "_Section":
        values = self.values[key]
        if not isinstance(values, dict):
            raise self.error(key, f"must be a table [{key}], not {values!r}")
        return _Section(self.path, ".".join(part for part in (self.name, key) if part), values)

    def text(self, key: str) -> str:
        value = self.values[key]
        if not isinstance(value, str) or not value:
            raise self.error(key, f"must be a text that is not empty, not {value!r}")
        return value

    def optional_text(self, key: str) -> str | None:
        return self.text(key) if key in self.values else None


def _read_interactions(folder: Path, section: _Section) -> InteractionTable:
    section.allow(required=("file", "user", "item"), optional=("rating", "timestamp"))
    user, item = section.text("user"), section.text("item")
    rating, timestamp = section.optional_text("rating"), section.optional_text("timestamp")
    columns = [column for column in (user, item, rating, timestamp) if column is not None]
    _refuse_repeats(section, columns)
    table = read_table(folder / section.text("file"), columns, text=(user, item))
    return InteractionTable(table, user, item, rating, timestamp)


def _read_entities(folder: Path, section: _Section, *, title: bool) -> EntityTable:
    section.allow(required=("file", "id"), optional=("title", "features") if title else ("features",))
    id_column, title_column = section.text("id"), section.optional_text("title")
    features = _read_features(section.section("features")) if "features" in section.values else ()
    for feature in features:
        if feature.type in _ITEMS_ONLY and not title:
            raise section.error(f"features.{feature.name}", f"only items can have a feature of type {feature.type}")
    columns = [id_column, *([title_column] if title_column else []), *(feature.name for feature in features)]
    _refuse_repeats(section, columns)
    text = [id_column, *([title_column] if title_column else []), *(f.name for f in features if f.type in _AS_TEXT)]
    table = read_table(folder / section.text("file"), columns, text=text)
    return EntityTable(table, id_column, title_column, features, folder)


def _refuse_repeats(section: _Section, columns: list[str]) -> None:
    for column in columns:
        if columns.count(column) > 1:
            raise section.error("", f"the column {column!r} is used twice")


def _read_features(section: _Section) -> tuple[Feature, ...]:
    return tuple(_read_feature(section, name, value) for name, value in section.values.items())


def _read_feature(section: _Section, name: str, value: object) -> Feature:
    if name in RESERVED_NAMES:
        raise section.error(name, f"not a feature's name; reserved are {', '.join(sorted(RESERVED_NAMES))}")
    if isinstance(value, str):
        return Feature(name, _feature_type(section, name, value))
    if not isinstance(value, dict):
        raise section.error(name, f'must be a type or {{ type = "…" }}, not {value!r}')
    options = _Section(section.path, f"{section.name}.{name}", value)
    if "type" not in value:
        raise options.error("type", f"missing; allowed are {', '.join(FeatureType)}")
    kind = _feature_type(options, "type", options.text("type"))
    options_of = {
        FeatureType.TAGS: ("separator",), FeatureType.VECTOR: ("length",), FeatureType.SERIES: ("length",)
    }  # fmt: skip
    extra = options_of.get(kind, ())
    options.allow(required=("type",), optional=(*extra, "encoder"))
    length = value.get("length")
    if length is not None and (type(length) is not int or not 1 <= length <= MAX_VECTOR):
        raise options.error("length", f"must be a whole number from 1 to {MAX_VECTOR}, not {length!r}")
    separator, encoder = options.optional_text("separator") or "|", options.optional_text("encoder") or ""
    return Feature(name, kind, separator=separator, length=length, encoder=encoder)


def _feature_type(section: _Section, key: str, value: str) -> FeatureType:
    if value not in list(FeatureType):
        raise section.error(key, f"unknown feature type {value!r}; allowed are {', '.join(FeatureType)}")
    return FeatureType(value)

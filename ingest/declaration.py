"""dataset.toml: the declaration of the files of a data set folder."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pandas as pd

from pharos.ingest.assemble import SHOWN, EntityTable, InteractionTable, assemble
from pharos.ingest.dataset import Dataset
from pharos.ingest.declared_source import SOURCE_KEYS, source_of, time_format
from pharos.ingest.errors import DataError
from pharos.ingest.id_forms import FORMS
from pharos.ingest.limits import MAX_VECTOR
from pharos.ingest.schema import RESERVED_NAMES, Feature, FeatureType
from pharos.ingest.section import Section
from pharos.ingest.tables.read import read_source
from pharos.ingest.tables.table import Table
from pharos.ingest.unicode import clean_name
from pharos.ingest.values.times import TimeFormat

DECLARATION: Final = "dataset.toml"
_ITEMS_ONLY: Final = (FeatureType.IMAGE, FeatureType.SERIES)
DATE: Final = "date"
"""A number in the typed tables, which the file has as a date: a type for dataset.toml alone."""
FEATURE_TYPES: Final = (*FeatureType, DATE)
_AS_TEXT: Final = (FeatureType.CATEGORY, FeatureType.TEXT)
_EXTRA: Final[dict[str, tuple[str, ...]]] = {
    FeatureType.TAGS: ("separator",),
    FeatureType.VECTOR: ("length",),
    FeatureType.SERIES: ("length",),
    FeatureType.TEXT: ("html",),
    DATE: ("format", "timezone"),
}
"""What may be said of a feature of each type beside its type and column."""


def read_declared(folder: Path, *, strict: bool = True) -> Dataset:
    """Read a folder by its dataset.toml. strict: see `assemble`.

    Errors: DataError that names the file, the key and what is allowed.
    """
    path = folder / DECLARATION
    try:
        declared = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"{path}: cannot be read as TOML: {error}") from error
    return read_declaration(folder, path, declared, strict=strict)


def read_declaration(folder: Path, path: Path, declared: Mapping[str, Any], *, strict: bool = True) -> Dataset:
    """Read a folder by a declaration. path: the place of the declaration in messages.

    Errors: DataError.
    """
    root = Section(path, "", declared)
    root.allow(required=("interactions",), optional=("items", "users", "ids"))
    ids = root.optional_text("ids")
    if ids is not None and ids not in FORMS:
        raise root.error("ids", f"unknown form {ids!r}; allowed are {', '.join(FORMS)}")
    interactions = _read_interactions(folder, root.section("interactions"))
    items = _read_entities(folder, root.section("items"), title=True) if "items" in declared else None
    users = _read_entities(folder, root.section("users"), title=False) if "users" in declared else None
    return assemble(folder.resolve().name, interactions, items, users, ids=ids, strict=strict)


def _read_interactions(folder: Path, section: Section) -> InteractionTable:
    more = ("rating", "timestamp", "timestamp_format", "timezone", "type", "types", "weights")
    section.allow(required=("user", "item"), optional=(*SOURCE_KEYS, *more))
    user, item = section.column("user"), section.column("item")
    rating, timestamp, kind = (section.optional_column(key) for key in ("rating", "timestamp", "type"))
    columns = [column for column in (user, item, rating, timestamp, kind) if column is not None]
    _refuse_repeats(section, columns)
    weights = _weights(section) if "weights" in section.values else None
    types = section.texts("types") if "types" in section.values else None
    for key in ("types", "weights"):
        if key in section.values and kind is None:
            raise section.error(key, "needs the key type, the column that holds the type of each event")
    if weights is not None and rating is not None:
        raise section.error("weights", "stands for the rating: give weights or rating, not both")
    times = time_format(section, "timestamp_format")
    text = [column for column in (user, item, kind) if column is not None]
    table = read_source(source_of(folder, section), columns, text=text)
    decimal = section.choice("decimal", (".", ","))
    return InteractionTable(table, user, item, rating, timestamp, kind, times, decimal, types, weights)


def _read_entities(folder: Path, section: Section, *, title: bool) -> EntityTable:
    own = ("title", "features", "unlisted", *SHOWN, "available_format", "timezone") if title else ("features",)
    section.allow(required=("id",), optional=(*SOURCE_KEYS, *own))
    id_column, title_column = section.column("id"), section.optional_column("title")
    declared = _read_features(section.section("features")) if "features" in section.values else ()
    for part in declared:
        if part.feature.type in _ITEMS_ONLY and not title:
            raise section.error(f"features.{part.name}", f"only items can have a feature of type {part.feature.type}")
    shown = {name: column for name in SHOWN if title and (column := section.optional_column(name))}
    own_columns = [id_column, *([title_column] if title_column else []), *shown.values()]
    columns = [*own_columns, *(feature.column for feature in declared)]
    _refuse_repeats(section, columns)
    for feature in declared:
        if feature.name in own_columns:
            raise section.error("", f"the column {feature.name!r} is used twice")
    text = [
        id_column,
        *([title_column] if title_column else []),
        *(part.column for part in declared if part.feature.type in _AS_TEXT),
    ]
    table = _rename(read_source(source_of(folder, section), columns, text=text), declared)
    return EntityTable(
        table,
        id_column,
        title_column,
        tuple(part.feature for part in declared),
        section.choice("decimal", (".", ",")),
        {part.name: part.times for part in declared if part.times is not None},
        tuple(part.name for part in declared if part.html),
        keep_unlisted=section.choice("unlisted", ("keep", "drop")) == "keep",
        folder=folder,
        shown=shown,
        shown_times=time_format(section, "available_format") if shown else TimeFormat(),
    )


def _rename(table: Table, declared: "tuple[_Declared, ...]") -> Table:
    """The table with its columns renamed to the features."""
    frame, sources = table.frame, {part.column for part in declared}
    renamed = {str(column): frame[column] for column in frame if column not in sources}
    renamed.update({part.name: frame[part.column] for part in declared})
    return replace(table, frame=pd.DataFrame(renamed, index=frame.index))


def _weights(section: Section) -> dict[str, float]:
    weights = section.section("weights").values
    for kind, weight in weights.items():
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not abs(weight) <= 1e6 or weight == 0:
            raise section.error(f"weights.{kind}", f"must be a number other than 0, not {weight!r}")
    if not weights:
        raise section.error("weights", "names no type; allowed is a table as { view = 1, purchase = 5, return = -5 }")
    return {kind: float(weight) for kind, weight in weights.items()}


def _refuse_repeats(section: Section, columns: list[str]) -> None:
    for column in columns:
        if columns.count(column) > 1:
            raise section.error("", f"the column {column!r} is used twice")


@dataclass(frozen=True)
class _Declared:
    """A feature, the column that holds it, how it is written if it is a date, whether it is HTML if it is a text."""

    feature: Feature
    column: str
    times: TimeFormat | None = None
    html: bool = False

    @property
    def name(self) -> str:
        return self.feature.name


def _read_features(section: Section) -> tuple[_Declared, ...]:
    return tuple(_read_feature(section, name, value) for name, value in section.values.items())


def _read_feature(section: Section, name: str, value: object) -> _Declared:
    if name in RESERVED_NAMES:
        raise section.error(name, f"not a feature's name; reserved are {', '.join(sorted(RESERVED_NAMES))}")
    if isinstance(value, str):
        kind = _feature_type(section, name, value)
        return _Declared(Feature(name, _typed(kind)), clean_name(name), TimeFormat() if kind == DATE else None)
    if not isinstance(value, dict):
        raise section.error(name, f'must be a type or {{ type = "…" }}, not {value!r}')
    options = Section(section.path, f"{section.name}.{name}", value)
    if "type" not in value:
        raise options.error("type", f"missing; allowed are {', '.join(FEATURE_TYPES)}")
    kind = _feature_type(options, "type", options.text("type"))
    extra = _EXTRA.get(kind, ())
    options.allow(required=("type",), optional=("column", "encoder", *extra))
    length = value.get("length")
    if length is not None and (type(length) is not int or not 1 <= length <= MAX_VECTOR):
        raise options.error("length", f"must be a whole number from 1 to {MAX_VECTOR}, not {length!r}")
    column = value.get("column", name)
    if type(column) is int and column > 0:
        column = str(column)
    elif not isinstance(column, str):
        raise options.error("column", f"must be the name of a column, or its number, not {column!r}")
    separator, encoder = options.optional_text("separator") or "|", options.optional_text("encoder") or ""
    feature = Feature(name, _typed(kind), separator=separator, length=length, encoder=encoder)
    html = value.get("html", False)
    if not isinstance(html, bool):
        raise options.error("html", f"must be true or false, not {html!r}")
    times = time_format(options, "format") if kind == DATE else None
    return _Declared(feature, clean_name(column), times, html)


def _typed(kind: str) -> FeatureType:
    return FeatureType.NUMBER if kind == DATE else FeatureType(kind)


def _feature_type(section: Section, key: str, value: str) -> str:
    if value not in FEATURE_TYPES:
        raise section.error(key, f"unknown feature type {value!r}; allowed are {', '.join(FEATURE_TYPES)}")
    return value

"""Builds a Dataset from DataFrames, with the same checks and report as for files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import pandas as pd

from pharos.ingest.assemble import SHOWN, EntityTable, InteractionTable, assemble
from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset
from pharos.ingest.errors import DataError
from pharos.ingest.limits import MAX_VECTOR
from pharos.ingest.schema import RESERVED_NAMES, Feature, FeatureType
from pharos.ingest.tables.table import Table, require_columns

FeatureDeclaration: TypeAlias = str | Mapping[str, Any]
"""A type alone ("number"), or a type with options ({"type": "tags", "separator": ","}), as in dataset.toml."""

_OPTIONS: Final = {FeatureType.TAGS: ("separator",), FeatureType.VECTOR: ("length",)}


def dataset_from_frames(
    interactions: pd.DataFrame,
    items: pd.DataFrame | None = None,
    users: pd.DataFrame | None = None,
    *,
    features: Mapping[str, FeatureDeclaration] | None = None,
    user_features: Mapping[str, FeatureDeclaration] | None = None,
    name: str = "frames",
) -> Dataset:
    """A data set from DataFrames.

    interactions: columns user_id and item_id, and if known rating and timestamp (unix seconds, or datetime64).
    items: item_id, and if known title, available_from and available_until (unix seconds, or datetime64), and a column
    for each of `features`. users: user_id, and a column for each of
    `user_features`. Ids may be of any type that has a text. The frames are not changed.
    Raises DataError for a column that is missing, a feature that cannot be, or more than 5 % bad rows.
    """
    _require_table("features", features, items, "items")
    _require_table("user_features", user_features, users, "users")
    events = _interaction_table(interactions)
    item_table = None if items is None else _entity_table(items, "items", Columns.ITEM, "features", features or {})
    user_table = (
        None if users is None else _entity_table(users, "users", Columns.USER, "user_features", user_features or {})
    )
    return assemble(name, events, item_table, user_table)


@dataclass(frozen=True)
class _Rows:
    """Positions in a frame, for messages: its name and the row number, from 0."""

    file: str

    def of(self, records: Sequence[int]) -> list[str]:
        return [f"{self.file} row {record}" for record in records]


def _require_table(
    argument: str, features: Mapping[str, FeatureDeclaration] | None, table: pd.DataFrame | None, name: str
) -> None:
    if features and table is None:
        raise DataError(f"{argument}: {', '.join(map(repr, features))} given without the table {name} that has them")


def _interaction_table(frame: pd.DataFrame) -> InteractionTable:
    optional = [column for column in (Columns.RATING, Columns.TIMESTAMP) if column in _names(frame, "interactions")]
    table = _table(frame, "interactions", [Columns.USER, Columns.ITEM, *optional], text=(Columns.USER, Columns.ITEM))
    rating, timestamp = ((column if column in optional else None) for column in (Columns.RATING, Columns.TIMESTAMP))
    return InteractionTable(table, Columns.USER, Columns.ITEM, rating, timestamp)


def _entity_table(
    frame: pd.DataFrame, name: str, id_column: str, argument: str, declared: Mapping[str, FeatureDeclaration]
) -> EntityTable:
    features = tuple(_feature(argument, column, given) for column, given in declared.items())
    has_title = id_column == Columns.ITEM and Columns.TITLE in _names(frame, name)
    title = (Columns.TITLE,) if has_title else ()
    shown = {column: column for column in SHOWN if id_column == Columns.ITEM and column in _names(frame, name)}
    as_text = [f.name for f in features if f.type in (FeatureType.CATEGORY, FeatureType.TEXT)]
    columns = [id_column, *title, *(feature.name for feature in features), *shown]
    table = _table(frame, name, columns, text=(id_column, *title, *as_text))
    return EntityTable(table, id_column, Columns.TITLE if has_title else None, features, shown=shown)


def _feature(argument: str, name: str, given: FeatureDeclaration) -> Feature:
    where = f"{argument}[{name!r}]"
    if name in RESERVED_NAMES:
        raise DataError(f"{where}: not a feature's name; reserved are {', '.join(sorted(RESERVED_NAMES))}")
    options = {"type": given} if isinstance(given, str) else given
    if not isinstance(options, Mapping):
        raise DataError(f'{where}: must be a type such as "number", or {{"type": …}}, not {given!r}')
    kind = options.get("type")
    if kind not in list(FeatureType):
        raise DataError(f"{where}: unknown feature type {kind!r}; allowed are {', '.join(FeatureType)}")
    type_ = FeatureType(kind)
    allowed = ("type", *_OPTIONS.get(type_, ()), "encoder")
    for key in options:
        if key not in allowed:
            raise DataError(f"{where}: unknown key {key!r}; allowed are {', '.join(allowed)}")
    separator, length, encoder = options.get("separator", "|"), options.get("length"), options.get("encoder", "")
    if not isinstance(separator, str) or not separator:
        raise DataError(f"{where}: separator must be a text that is not empty, not {separator!r}")
    if length is not None and (type(length) is not int or not 1 <= length <= MAX_VECTOR):
        raise DataError(f"{where}: length must be a whole number from 1 to {MAX_VECTOR}, not {length!r}")
    if not isinstance(encoder, str):
        raise DataError(f"{where}: encoder must be the name of a registered encoder, not {encoder!r}")
    return Feature(name, type_, separator=separator, length=length, encoder=encoder)


def _names(frame: pd.DataFrame, name: str) -> list[str]:
    if not isinstance(frame, pd.DataFrame):
        raise DataError(f"{name}: must be a pandas DataFrame, not {type(frame).__name__}")
    return [str(column) for column in frame.columns]


def _table(frame: pd.DataFrame, name: str, columns: Sequence[str], *, text: Sequence[str]) -> Table:
    require_columns(name, _names(frame, name), columns)
    # A copy of the wanted columns with the number of the row as index, so that a finding can name it.
    chosen = frame[list(columns)].reset_index(drop=True)
    for column in text:
        cells = chosen[column]
        missing = cells.isna()
        chosen[column] = cells.astype("str").mask(missing, "")
    return Table(chosen, _Rows(name), ((name, len(chosen)),))

"""Exports a data set as a data set folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pharos.ingest.assemble import SHOWN
from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset
from pharos.ingest.declaration import DECLARATION
from pharos.ingest.schema import Feature, FeatureType
from pharos.ingest.signals import image_file
from pharos.ingest.toml import toml_key, toml_text

_ARROW_TYPES: Final = {
    FeatureType.NUMBER: pa.float64(),
    FeatureType.FLAG: pa.float64(),
    FeatureType.CATEGORY: pa.string(),
    FeatureType.TEXT: pa.string(),
    FeatureType.TAGS: pa.list_(pa.string()),
    FeatureType.VECTOR: pa.list_(pa.float32()),
    FeatureType.IMAGE: pa.binary(),
    FeatureType.SERIES: pa.list_(pa.list_(pa.float32())),
}


def export_dataset(dataset: Dataset, folder: Path) -> None:
    """Write dataset.toml and Parquet files, from which `load_dataset` reads an equal data set.

    folder: made if absent; files of the same names are overwritten, the declaration last, so that a folder with a
    declaration is a whole one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    declaration = folder / DECLARATION
    declaration.unlink(missing_ok=True)
    schema = dataset.schema
    items = dataset.items if schema.has_title else dataset.items.drop(columns=Columns.TITLE)
    _write(dataset.interactions, (), folder / "interactions.parquet")
    _write(items, schema.items, folder / "items.parquet")
    _write(dataset.users, schema.users, folder / "users.parquet")
    sections = [
        _section("interactions", _interaction_keys(dataset)),
        _section("items", _item_keys(dataset)),
        _features("items", schema.items),
        _section("users", {"file": "users.parquet", "id": Columns.USER}),
        _features("users", schema.users),
    ]
    declaration.write_text("\n".join(section for section in sections if section), encoding="utf-8")


def _interaction_keys(dataset: Dataset) -> dict[str, str]:
    return {
        "file": "interactions.parquet",
        "user": Columns.USER,
        "item": Columns.ITEM,
        **_keys_if(dataset.schema.has_rating, rating=Columns.RATING),
        **_keys_if(dataset.schema.has_timestamp, timestamp=Columns.TIMESTAMP),
    }


def _item_keys(dataset: Dataset) -> dict[str, str]:
    return {
        "file": "items.parquet",
        "id": Columns.ITEM,
        **_keys_if(dataset.schema.has_title, title=Columns.TITLE),
        **{name: name for name in SHOWN if name in dataset.items},
    }


def _keys_if(condition: bool, **keys: str) -> dict[str, str]:
    return keys if condition else {}


def _write(frame: pd.DataFrame, features: tuple[Feature, ...], path: Path) -> None:
    types = {feature.name: _ARROW_TYPES[feature.type] for feature in features}
    kinds = {feature.name: feature.type for feature in features}
    columns = {c: pa.array(_cells(frame[c], kinds.get(c)), types.get(c)) for c in frame.columns}
    pq.write_table(pa.table(columns), path)


def _cells(column: pd.Series, kind: FeatureType | None) -> pd.Series | list[object]:
    """Values in a form that Parquet can store."""
    if kind is FeatureType.IMAGE:
        return [None if image is None else image_file(image) for image in column]
    if kind is FeatureType.SERIES:
        return [None if series is None else series.tolist() for series in column]
    return column


def _section(name: str, keys: Mapping[str, str]) -> str:
    return f"[{name}]\n" + "".join(f"{key} = {toml_text(value)}\n" for key, value in keys.items())


def _features(table: str, features: tuple[Feature, ...]) -> str:
    if not features:
        return ""
    return f"[{table}.features]\n" + "".join(f"{toml_key(f.name)} = {_feature(f)}\n" for f in features)


def _feature(feature: Feature) -> str:
    default = Feature(feature.name, feature.type)
    options = [f"type = {toml_text(feature.type)}"]
    if feature.separator != default.separator:
        options.append(f"separator = {toml_text(feature.separator)}")
    if feature.encoder:
        options.append(f"encoder = {toml_text(feature.encoder)}")
    if feature.length is not None:
        options.append(f"length = {feature.length}")
    return toml_text(feature.type) if feature == default else f"{{ {', '.join(options)} }}"

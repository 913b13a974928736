"""Converts feature values between typed tables (see `pharos.ingest.dataset.Dataset`) and the store's JSON."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from pharos.ingest.columns import Columns
from pharos.ingest.records import FeatureError, parse_features
from pharos.ingest.schema import Feature, FeatureType
from pharos.ingest.signals import image_text
from pharos.serving.store.records import ItemRecord


def feature_dicts(features: Sequence[Feature], frame: pd.DataFrame) -> Iterable[dict[str, object]]:
    """One dict of JSON values per row of a typed table, without missing values; the inverse of `parse_features`."""
    columns = [(feature, frame[feature.name].tolist()) for feature in features]
    for row in range(len(frame)):
        pairs = ((feature.name, _json_value(feature.type, values[row])) for feature, values in columns)
        yield {name: value for name, value in pairs if value is not None}


def json_features(features: tuple[Feature, ...], values: Mapping[str, object]) -> dict[str, object]:
    """Feature values of a request, validated, as JSON to store. Raises `pharos.ingest.records.FeatureError`."""
    typed = parse_features(features, values)
    for name, value in typed.items():
        texts = value if isinstance(value, tuple) else (value,)
        if any(isinstance(text, str) and "\0" in text for text in texts):  # not every database can keep it
            raise FeatureError(name, values[name], "text without NUL")
    pairs = ((feature.name, _json_value(feature.type, typed[feature.name])) for feature in features)
    return {name: value for name, value in pairs if value is not None}


def item_frame(features: tuple[Feature, ...], records: Sequence[ItemRecord]) -> pd.DataFrame:
    """A typed table like `Dataset.items`, with further columns.

    These are available (bool), available_from, available_until (unix seconds, NaN for none), created_at, revision.
    """
    rows = [parse_features(features, record.features) for record in records]
    columns: dict[str, Any] = {
        Columns.ITEM: [record.item_id for record in records],
        Columns.TITLE: [record.title for record in records],
    }
    for feature in features:
        columns[feature.name] = pd.Series(
            [row[feature.name] for row in rows], dtype=_DTYPES.get(feature.type, "object")
        )
    columns["available"] = [record.available for record in records]
    for name in (Columns.AVAILABLE_FROM, Columns.AVAILABLE_UNTIL):
        columns[name] = pd.Series([getattr(record, name) for record in records], dtype="float64")
    columns["created_at"] = [record.created_at for record in records]
    columns["revision"] = [record.revision for record in records]
    return pd.DataFrame(columns)


def _json_value(kind: FeatureType, value: Any) -> object | None:
    """A typed value as JSON; None if it is missing."""
    match kind:
        case FeatureType.NUMBER:
            return None if math.isnan(value) else _whole(float(value))
        case FeatureType.FLAG:
            return None if math.isnan(value) else bool(value)
        case FeatureType.TAGS:
            return [tag for tag in map(without_nul, value) if tag.strip()] or None
        case FeatureType.VECTOR | FeatureType.SERIES:
            return None if value is None else np.asarray(value, dtype=np.float32).tolist()
        case FeatureType.IMAGE:
            return None if value is None else image_text(value)
        case FeatureType.CATEGORY | FeatureType.TEXT:
            return without_nul(value) or None


def without_nul(text: str) -> str:
    """The text without NUL, which databases reject. A file may hold a NUL; a request may not."""
    return text.replace("\0", "")


def _whole(number: float) -> float | int:
    """Whole floats as integers: 1995, not 1995.0."""
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


_DTYPES: Final = {FeatureType.NUMBER: "float64", FeatureType.FLAG: "float64"}

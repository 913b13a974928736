"""Fingerprints of data sets: equal tables have equal fingerprints, on any machine."""

import hashlib
import json
from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from pharos.ingest.dataset import Dataset
from pharos.ingest.schema import Feature, FeatureType

_BATCH: Final = 1_000_000


def fingerprint(dataset: Dataset) -> str:
    """SHA-256 (hex) over schema and tables, in row order; name and report are not included."""
    schema = dataset.schema
    digest = hashlib.sha256(json.dumps([schema.has_rating, schema.has_timestamp, schema.has_title]).encode())
    tables = (
        ("interactions", dataset.interactions, ()),
        ("items", dataset.items, schema.items),
        ("users", dataset.users, schema.users),
    )
    for name, frame, features in tables:
        for part in _table_parts(name, frame, features):
            digest.update(part)
    return digest.hexdigest()


def _table_parts(name: str, frame: pd.DataFrame, features: tuple[Feature, ...]) -> Iterator[bytes]:
    types = {feature.name: feature.type for feature in features}
    for column in frame.columns:
        kind = types.get(column)
        # Each column is led by its name, type and length, so that no two tables run together to the same bytes.
        yield json.dumps([name, column, kind, len(frame)]).encode()
        for start in range(0, len(frame), _BATCH):
            yield from _column_parts(frame[column].iloc[start : start + _BATCH], kind)


def _column_parts(column: pd.Series, kind: FeatureType | None) -> Iterator[bytes]:
    if kind in (FeatureType.VECTOR, FeatureType.SERIES, FeatureType.IMAGE):
        form = "u1" if kind is FeatureType.IMAGE else "<f4"
        for array in column:
            yield b"none" if array is None else json.dumps(array.shape).encode() + array.astype(form).tobytes()
    elif kind is FeatureType.TAGS:
        yield json.dumps(column.to_list()).encode()
    elif pd.api.types.is_integer_dtype(column.dtype):
        yield column.to_numpy().astype("<i8").tobytes()
    elif pd.api.types.is_float_dtype(column.dtype):
        values = column.to_numpy(dtype="<f8")
        yield np.where(np.isnan(values), np.nan, values).tobytes()  # of the many NaN always the same
    else:
        yield column.str.len().to_numpy(dtype="<i8").tobytes()
        yield "".join(column.to_numpy(dtype=object)).encode()

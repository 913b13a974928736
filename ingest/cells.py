"""Converts cells of a file into typed feature values; unreadable cells become missing values and are counted."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pharos.ingest.limits import MAX_CATEGORY, MAX_TAG, MAX_TAGS, MAX_TEXT, MAX_VECTOR
from pharos.ingest.report import Outcome
from pharos.ingest.schema import Feature, FeatureType
from pharos.ingest.signals import read_image, read_series
from pharos.ingest.tables.table import Table
from pharos.ingest.unicode import composed
from pharos.ingest.values.flags import FLAGS
from pharos.ingest.values.html import without_html
from pharos.ingest.values.numbers import MISSING_MARKS, Numbers, read_numbers
from pharos.ingest.values.tags import split_tags
from pharos.ingest.values.times import TimeFormat, decimal_years, read_times


def type_features(
    table: Table,
    features: Iterable[Feature],
    decimal: str | None = None,
    dates: Mapping[str, TimeFormat] | None = None,
    html: Collection[str] = (),
    *,
    folder: Path | None = None,
) -> tuple[Table, tuple[Feature, ...]]:
    """The table with one typed column per feature, and the features as read: each vector with its length.

    folder: where the files of pictures are; a cell of a path is unreadable without one.
    decimal: the mark before decimals, None if it is to be found. dates: the numbers that are written as times, which
    become years with their part. html: the texts that are read without their HTML. A cell that cannot be read becomes
    missing; a text, category or list of tags over its limit is cut. Both are counted.
    """
    read = []
    for feature in features:
        match feature.type:
            case FeatureType.NUMBER if feature.name in (dates or {}):
                table = _type_dates(table, feature.name, (dates or {})[feature.name])
            case FeatureType.NUMBER:
                table = _type_numbers(table, feature.name, decimal)
            case FeatureType.FLAG:
                table = _type_flags(table, feature.name)
            case FeatureType.CATEGORY:
                table = type_texts(table, feature.name, MAX_CATEGORY, strip=True)
            case FeatureType.TEXT:
                if feature.name in html:
                    texts = table.frame[feature.name].astype("str").fillna("")
                    table = table.with_columns(**{feature.name: without_html(texts)})
                table = type_texts(table, feature.name, MAX_TEXT)
            case FeatureType.TAGS:
                table = _type_tags(table, feature.name, feature.separator)
            case FeatureType.VECTOR:
                table, feature = _type_vectors(table, feature)
            case FeatureType.IMAGE:
                table = _type_images(table, feature.name, folder)
            case FeatureType.SERIES:
                table, feature = _type_series(table, feature)
        read.append(feature)
    return table, tuple(read)


def type_texts(table: Table, column: str, limit: int, *, strip: bool = False) -> Table:
    """The table with this column as str (missing: empty), cut to `limit` characters."""
    text = composed(table.frame[column].astype("str").fillna(""))
    if strip:
        text = text.str.strip()
    long = (text.str.len() > limit).to_numpy(dtype=bool)
    table = table.note(Outcome.CUT, long, f"{column} of more than {limit:,} characters")
    return table.with_columns(**{column: text.str.slice(stop=limit) if long.any() else text})


def type_numbers(table: Table, column: str, decimal: str | None) -> tuple[Table, Numbers]:
    """The table with findings about its numbers, and the numbers; the column itself is unchanged."""
    numbers = read_numbers(table.frame[column], decimal)
    if numbers.decimal == "," and decimal is None:
        found = ~np.isnan(numbers.values)
        table = table.note(
            Outcome.NOTED, found, f'{column} is read with a decimal comma; say decimal = "," if it is', column
        )
    reason = f'{column} may be above a thousand or have decimals, is read as thousands; say decimal = "," if not'
    table = table.note(Outcome.NOTED, numbers.unsure, reason, column)
    table = table.note(
        Outcome.NOTED, numbers.dressed, f"{column} is read without its sign of currency or percent", column
    )
    return table, numbers


def _type_numbers(table: Table, column: str, decimal: str | None) -> Table:
    table, numbers = type_numbers(table, column, decimal)
    table = table.note(Outcome.MISSING, numbers.bad, f"{column} is no finite number", column)
    return table.with_columns(**{column: numbers.values})


def type_moments(table: Table, column: str, said: TimeFormat) -> Table:
    """The table with this column as unix seconds, float64 (missing: NaN); unreadable cells are counted."""
    table, seconds = _read_moments(table, column, said)
    return table.with_columns(**{column: np.floor(seconds)})


def _type_dates(table: Table, column: str, said: TimeFormat) -> Table:
    table, seconds = _read_moments(table, column, said)
    return table.with_columns(**{column: decimal_years(seconds)})


def _read_moments(table: Table, column: str, said: TimeFormat) -> tuple[Table, NDArray[np.float64]]:
    times = read_times(table.frame[column], said, column)
    cells = table.frame[column].astype("str").fillna("").str.strip().str.lower()
    empty = cells.isin((*MISSING_MARKS, "nat")).to_numpy(dtype=bool)
    if times.told:
        table = table.note(Outcome.NOTED, ~times.bad, times.told, column)
    table = table.note(Outcome.MISSING, times.bad & ~empty, times.reason, column)
    table = table.note(Outcome.MISSING, times.other, times.other_reason, column)
    return table, np.where(times.other | times.bad, np.nan, times.seconds)


def _type_flags(table: Table, column: str) -> Table:
    cells = table.frame[column]
    text = cells.astype("str").fillna("").str.strip().str.lower()
    values = text.map(FLAGS).to_numpy(dtype=np.float64, na_value=np.nan)
    bad = np.isnan(values) & ~text.isin(MISSING_MARKS).to_numpy(dtype=bool)
    table = table.note(Outcome.MISSING, bad, f"{column} is neither true nor false", column)
    return table.with_columns(**{column: values})


def _type_tags(table: Table, column: str, separator: str) -> Table:
    read = [split_tags(cell, separator) for cell in table.frame[column]]
    bad = np.fromiter((row is None for row in read), bool, len(read))
    table = table.note(Outcome.MISSING, bad, f"{column} is neither a text nor a list", column)
    tags = [row or () for row in read]
    long = np.fromiter((len(row) > MAX_TAGS or any(len(tag) > MAX_TAG for tag in row) for row in tags), bool, len(tags))
    if long.any():
        table = table.note(Outcome.CUT, long, f"{column} of more than {MAX_TAGS} tags or {MAX_TAG} characters a tag")
        tags = [tuple(dict.fromkeys(tag[:MAX_TAG].strip() for tag in row[:MAX_TAGS])) for row in tags]
    return table.with_columns(**{column: _objects(tags, table.frame.index)})


def _type_vectors(table: Table, feature: Feature) -> tuple[Table, Feature]:
    vectors: list[NDArray[np.float32] | None] = []
    bad = np.zeros(len(table.frame), dtype=bool)
    for row, cell in enumerate(table.frame[feature.name]):
        try:
            vectors.append(_parse_vector(cell))
        except (ValueError, TypeError):
            vectors.append(None)
            bad[row] = True
    length = feature.length
    if length is None:  # that of most rows
        sizes = Counter(len(vector) for vector in vectors if vector is not None)
        length = sizes.most_common(1)[0][0] if sizes else None
    wrong = np.fromiter((vector is not None and len(vector) != length for vector in vectors), bool, len(vectors))
    reason = f"{feature.name} is no vector of finite numbers"
    table = table.note(Outcome.MISSING, bad, reason, feature.name)
    table = table.note(Outcome.MISSING, wrong, f"{feature.name} has not {length} numbers", feature.name)
    kept = [None if drop else vector for vector, drop in zip(vectors, wrong, strict=True)]
    typed = table.with_columns(**{feature.name: _objects(kept, table.frame.index)})
    return typed, replace(feature, length=length)


def _type_images(table: Table, column: str, folder: Path | None) -> Table:
    images: list[NDArray[np.uint8] | None] = []
    bad = np.zeros(len(table.frame), dtype=bool)
    for row, cell in enumerate(table.frame[column]):
        try:
            images.append(read_image(cell, folder))
        except ValueError:
            images.append(None)
            bad[row] = True
    table = table.note(Outcome.MISSING, bad, f"{column} is no picture that can be read", column)
    return table.with_columns(**{column: _objects(images, table.frame.index)})


def _type_series(table: Table, feature: Feature) -> tuple[Table, Feature]:
    series: list[NDArray[np.float32] | None] = []
    bad = np.zeros(len(table.frame), dtype=bool)
    for row, cell in enumerate(table.frame[feature.name]):
        try:
            series.append(read_series(cell))
        except (ValueError, TypeError):
            series.append(None)
            bad[row] = True
    length = feature.length
    if length is None:  # that of most rows
        sizes = Counter(one.shape[1] for one in series if one is not None)
        length = sizes.most_common(1)[0][0] if sizes else None
    wrong = np.fromiter((one is not None and one.shape[1] != length for one in series), bool, len(series))
    table = table.note(Outcome.MISSING, bad, f"{feature.name} is no series of finite numbers", feature.name)
    table = table.note(Outcome.MISSING, wrong, f"{feature.name} has not {length} values in a step", feature.name)
    kept = [None if drop else one for one, drop in zip(series, wrong, strict=True)]
    typed = table.with_columns(**{feature.name: _objects(kept, table.frame.index)})
    return typed, replace(feature, length=length)


def _parse_vector(cell: Any) -> NDArray[np.float32] | None:
    """The numbers of a list, or of a text separated by blanks or commas, with or without brackets; None if empty."""
    if cell is None or (isinstance(cell, float) and np.isnan(cell)):
        return None
    if isinstance(cell, str):
        cell = cell.strip().removeprefix("[").removesuffix("]").replace(",", " ").split()
    with np.errstate(over="ignore"):
        vector = np.asarray(cell, dtype=np.float32)
    if vector.size == 0:
        return None
    if vector.ndim != 1 or len(vector) > MAX_VECTOR or not np.isfinite(vector).all():
        raise ValueError(f"not one row of at most {MAX_VECTOR} finite numbers")
    return vector


def _objects(values: Sequence[object], index: pd.Index) -> pd.Series:
    """A column of Python objects; built by hand, since numpy would take rows of equal length for a matrix."""
    column = np.empty(len(values), dtype=object)
    for row, value in enumerate(values):
        column[row] = value
    return pd.Series(column, index=index, dtype=object)

"""Filters on a table of items in memory, with the same semantics as in the vector index.

A missing value fulfils no condition but "none of"; a list of tags fulfils a condition by any of its values.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pharos.indexing.conditions import AllOf, AnyOf, Condition, Filter, FilterError, Outside, Range, Value
from pharos.indexing.payload import AVAILABLE, AVAILABLE_FROM, AVAILABLE_UNTIL, CREATED_AT, payload_fields
from pharos.ingest.columns import Columns
from pharos.ingest.schema import FeatureType, Schema

Mask = NDArray[np.bool_]
_OF_A_SERVER: Final = {CREATED_AT, AVAILABLE_FROM, AVAILABLE_UNTIL}


def passing(filter: Filter, items: pd.DataFrame, schema: Schema) -> Mask:
    """A mask of the items that pass: bool [n].

    filter: one that went through `pharos.indexing.filters.check` with this schema. items: typed rows as in
    pharos.ingest.dataset.Dataset; all of them count as available at any time. Raises FilterError for a condition on
    a time that only a server supports.
    """
    mask = np.ones(len(items), bool)
    types = {feature.name: feature.type for feature in schema.items}
    for condition in filter.conditions:
        if condition.field in _OF_A_SERVER:
            allowed = ", ".join(sorted(payload_fields(schema).keys() - _OF_A_SERVER))
            raise FilterError(
                condition.field, condition.field, f"one of the fields {allowed}; only a server knows this time"
            )
        mask &= _fulfilled(condition, _column(condition.field, items), types.get(condition.field))
    return mask


def _column(field: str, items: pd.DataFrame) -> pd.Series:
    return pd.Series(True, items.index) if field == AVAILABLE else items[field]


def _fulfilled(condition: Condition, column: pd.Series, kind: FeatureType | None) -> Mask:
    if isinstance(condition, Outside):
        return ~_within(condition.range, column.to_numpy(np.float64))
    if isinstance(condition, Range):
        return _within(condition, column.to_numpy(np.float64))
    has = _has_tag if kind is FeatureType.TAGS else _has_value
    if isinstance(condition, AnyOf):
        return has(column, condition.values)
    if isinstance(condition, AllOf):
        return np.asarray(np.logical_and.reduce([has(column, [value]) for value in condition.values]), bool)
    return ~has(column, condition.values)


def _has_value(column: pd.Series, values: Sequence[Value]) -> Mask:
    # The missing value of a category is the empty text, which is no value.
    return column.isin([value for value in values if value != ""]).to_numpy(bool)


def _has_tag(column: pd.Series, values: Sequence[Value]) -> Mask:
    wanted = set(values)
    return np.fromiter((not wanted.isdisjoint(tags) for tags in column), bool, len(column))


def _within(bounds: Range, values: NDArray[np.float64]) -> Mask:
    mask = ~np.isnan(values)
    for name, compare in (
        ("gte", np.greater_equal),
        ("lte", np.less_equal),
        ("gt", np.greater),
        ("lt", np.less),
    ):
        bound = getattr(bounds, name)
        if bound is not None:
            mask &= compare(values, bound)
    return mask


def only(item_ids: Sequence[str]) -> Filter:
    """A filter that passes these items alone."""
    return Filter((AnyOf(Columns.ITEM, tuple(item_ids)),))

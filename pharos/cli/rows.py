"""Filters on the items of a data set in memory, without an index."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pharos.indexing.filters import AllOf, Condition, NoneOf, Outside, Range, check, parse_expressions
from pharos.ingest.dataset import Dataset
from pharos.ingest.schema import FeatureType


def passing(dataset: Dataset, expressions: Sequence[str]) -> NDArray[np.bool_] | None:
    """A mask of the items that pass all expressions, bool [items]; None without expressions.

    Raises FilterError, naming the fields that there are, for one that the items do not allow.
    """
    if not expressions:
        return None
    filter = check(parse_expressions(expressions), dataset.schema)
    passes = np.ones(len(dataset.items), bool)
    kinds = {feature.name: feature.type for feature in dataset.schema.items}
    for condition in filter.conditions:
        passes &= _passes(condition, dataset.items, kinds.get(condition.field))
    return passes


def _passes(condition: Condition, items: pd.DataFrame, kind: FeatureType | None) -> NDArray[np.bool_]:
    if condition.field not in items:  # available and created_at are of the store; all of a data set's items are there
        return np.ones(len(items), bool)
    cells = items[condition.field]
    if isinstance(condition, Outside):
        return ~_passes(condition.range, items, kind)
    if isinstance(condition, Range):
        numbers = cells.to_numpy(np.float64)
        bounds = (
            (condition.gte, np.greater_equal),
            (condition.lte, np.less_equal),
            (condition.gt, np.greater),
            (condition.lt, np.less),
        )
        inside: NDArray[np.bool_] = np.isfinite(numbers)
        for bound, compare in bounds:
            if bound is not None:
                inside = inside & compare(numbers, bound)
        return inside
    wanted = set(condition.values)
    found = [_values(cell, kind) for cell in cells]
    if isinstance(condition, AllOf):
        return np.fromiter((wanted <= values for values in found), bool, len(found))
    any_of = np.fromiter((not wanted.isdisjoint(values) for values in found), bool, len(found))
    return ~any_of if isinstance(condition, NoneOf) else any_of


def _values(cell: Any, kind: FeatureType | None) -> set[Any]:
    if kind is FeatureType.TAGS:
        return set(cell)
    if kind is FeatureType.FLAG and cell == cell:
        return {bool(cell)}
    return {cell}

"""Event types: which are read, their weights, and the merging of repeated events of a user and an item."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pharos.ingest.report import Outcome
from pharos.ingest.tables.table import Table

_TOLD_TYPES: Final = 10


def choose_types(table: Table, column: str, types: tuple[str, ...]) -> Table:
    """The table with the rows of these types alone; other rows are counted by type. Case is ignored."""
    wanted = {kind.casefold() for kind in types}
    named = table.frame[column].str.strip().str.casefold()
    others = named[~named.isin(wanted)].value_counts()
    for kind in others.index[:_TOLD_TYPES]:
        here = (named == kind).to_numpy(dtype=bool)
        table = table.leave_out(here, f"{column} is {kind!r}, which is not among the types that are read")
        named = named[~here]
    rest = ~named.isin(wanted).to_numpy(dtype=bool)
    return table.leave_out(rest, f"{column} is of another type than those that are read", column)


def weigh(table: Table, column: str, weights: Mapping[str, float]) -> NDArray[np.float64]:
    """The weight of each row by its type: float64 [rows]."""
    by_name = {kind.casefold(): weight for kind, weight in weights.items()}
    kinds = table.frame[column].str.strip().str.casefold()
    return np.asarray(kinds.map(by_name), dtype=np.float64)


def merge_weighed(table: Table, user: str, item: str, when: str | None, weight: str) -> Table:
    """One row per (user, item) pair: the last one, with the weight of the strongest event.

    A negative event takes back what was before it: a pair that ends with one is left out. Order is that of time, and
    in the file where there is none. All others are counted.
    """
    frame = table.frame
    if frame.empty:
        return table
    codes = frame.groupby([user, item], sort=False).ngroup().to_numpy()
    times = frame[when].to_numpy() if when is not None else np.zeros(len(frame))
    order = np.lexsort((times, codes))
    weights = frame[weight].to_numpy(dtype=np.float64)[order]
    starts = np.flatnonzero(np.r_[True, np.diff(codes[order]) != 0])
    group = np.cumsum(np.r_[False, np.diff(codes[order]) != 0])
    place = np.arange(len(frame))
    last_negative = np.maximum.reduceat(np.where(weights < 0, place, -1), starts)
    alive = place > last_negative[group]
    strongest = np.maximum.reduceat(np.where(alive, weights, -np.inf), starts)
    last = np.zeros(len(frame), dtype=bool)
    last[np.r_[starts[1:], len(frame)] - 1] = True
    taken_back, merged = np.zeros(len(frame), dtype=bool), np.zeros(len(frame), dtype=bool)
    taken_back[order] = ~np.isfinite(strongest[group])
    merged[order] = np.isfinite(strongest[group]) & ~last
    values = np.empty(len(frame))
    values[order] = strongest[group]
    table = table.with_columns(**{weight: pd.Series(values.astype(np.float32), frame.index)})
    table = table.note(Outcome.NOTED, merged, "other events of a repeated (user, item) pair: the strongest counts")
    table = table.note(Outcome.NOTED, taken_back, "events of a pair that a last negative event takes back")
    return table.without_rows(merged | taken_back)

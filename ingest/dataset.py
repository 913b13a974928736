"""The data set: typed tables, as every other package uses them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from pharos.ingest.errors import DataError
from pharos.ingest.report import IngestReport
from pharos.ingest.schema import Schema


@dataclass(frozen=True)
class Dataset:
    """A data set in memory.

    name: the folder's name, or that of a sample.
    interactions: user_id (str), item_id (str), and if declared rating (float32), timestamp (int64, unix seconds);
        in the order of the file, at most one row per (user, item) pair: the last. May have no rows.
    items: item_id (str, unique), title (str, empty if none) and a column per feature of `schema.items`; if declared,
        available_from and available_until (float64, unix seconds, NaN if none), between which a server shows the item.
    users: user_id (str, unique) and a column per feature of `schema.users`.
    Feature columns hold, by type: number float64 (NaN missing), flag float64 (1, 0, NaN missing),
        category str (empty missing), tags tuple[str, ...], text str (empty missing),
        vector numpy float32 [length] (None missing), image numpy uint8 [side, side, 3] (None missing; items only),
        series numpy float32 [steps, length], the oldest step first (None missing; items only).
    Every item that an interaction names has a row in `items`, and every user one in `users`; where the data set has
    no such table, the rows hold the id and no feature. Where it declares no title, the id stands for the title.
    report: what was read, what was dropped and why.
    """

    name: str
    interactions: pd.DataFrame
    items: pd.DataFrame
    users: pd.DataFrame
    schema: Schema
    report: IngestReport = field(default_factory=IngestReport)

    @classmethod
    def from_frames(
        cls,
        interactions: pd.DataFrame,
        items: pd.DataFrame | None = None,
        users: pd.DataFrame | None = None,
        *,
        features: Mapping[str, str | Mapping[str, Any]] | None = None,
        user_features: Mapping[str, str | Mapping[str, Any]] | None = None,
        name: str = "frames",
    ) -> Dataset:
        """A data set from DataFrames; see `pharos.ingest.frames.dataset_from_frames`. Raises DataError."""
        from pharos.ingest.frames import dataset_from_frames  # which needs this module

        return dataset_from_frames(
            interactions, items, users, features=features, user_features=user_features, name=name
        )

    def require_interactions(self) -> None:
        """Raise DataError if there is nothing to learn from: a catalogue alone can be imported, but not trained on."""
        if self.interactions.empty:
            raise DataError(
                f"data set {self.name!r} has {len(self.items):,} items and no interactions: "
                "training and evaluation need rows of who chose what"
            )

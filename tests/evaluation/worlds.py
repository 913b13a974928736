"""Tiny worlds in which the right answer can be proved."""

from dataclasses import replace

import numpy as np
import pandas as pd

from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset
from pharos.ingest.schema import Feature, FeatureType, Schema


def two_camps(users: int = 20, items: int = 40, length: int = 15, *, ratings: bool = True) -> Dataset:
    """Even users turn to even items, odd ones to odd items, each in an order of their own, one event a minute.

    Ratings are 4 in the first half of the camp's items and 2 in the second.
    """
    random = np.random.default_rng(5)
    rows = [
        (f"user-{user}", f"item-{item}", 4.0 if item < items // 2 else 2.0, 1_000_000 + 60 * (place * users + user))
        for user in range(users)
        for place, item in enumerate(random.permutation(np.arange(user % 2, items, 2))[:length])
    ]
    columns = [Columns.USER, Columns.ITEM, Columns.RATING, Columns.TIMESTAMP]
    interactions = pd.DataFrame(rows, columns=columns).astype({Columns.RATING: np.float32})
    catalogue = pd.DataFrame({Columns.ITEM: [f"item-{item}" for item in range(items)]})
    catalogue[Columns.TITLE] = catalogue[Columns.ITEM].str.replace("-", " ")
    catalogue["camp"] = ["even" if item % 2 == 0 else "odd" for item in range(items)]
    return Dataset(
        name="two-camps",
        interactions=interactions if ratings else interactions.drop(columns=Columns.RATING),
        items=catalogue,
        users=pd.DataFrame({Columns.USER: [f"user-{user}" for user in range(users)]}),
        schema=Schema(
            items=(Feature("camp", FeatureType.CATEGORY),), has_rating=ratings, has_timestamp=True, has_title=True
        ),
    )


def without_times(dataset: Dataset) -> Dataset:
    """The same data set with events that have no order."""
    return replace(
        dataset,
        interactions=dataset.interactions.drop(columns=Columns.TIMESTAMP),
        schema=replace(dataset.schema, has_timestamp=False),
    )

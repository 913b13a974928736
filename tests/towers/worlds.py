"""Tiny made-up data sets in which the right answer can be told by looking."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pharos.ingest.dataset import Dataset
from pharos.ingest.schema import Feature, FeatureType, Schema

COLOURS = ("red", "blue")


def two_camps(
    users: int = 40,
    items: int = 24,
    *,
    ratings: bool = True,
    timestamps: bool = True,
    item_features: bool = True,
    user_features: bool = True,
    seed: int = 0,
) -> Dataset:
    """Even users like red (even) items and odd users blue (odd) ones; each user has two thirds of the own camp."""
    rng = np.random.default_rng(seed)
    rows = []
    for user in range(users):
        own = np.arange(user % 2, items, 2)
        for step, item in enumerate(rng.permutation(own)[: len(own) * 2 // 3]):
            rows.append((f"u{user}", f"i{item}", float(rng.integers(3, 6)), 1_000_000_000 + 86_400 * step + user))
    events = pd.DataFrame(rows, columns=["user_id", "item_id", "rating", "timestamp"])
    events = events.astype({"rating": np.float32, "timestamp": np.int64})
    drop = [name for name, kept in (("rating", ratings), ("timestamp", timestamps)) if not kept]
    return Dataset(
        name="two-camps",
        interactions=events.drop(columns=drop),
        items=_items(range(items), item_features),
        users=_users(users, user_features),
        schema=Schema(
            items=ITEM_FEATURES if item_features else (),
            users=(Feature("age", FeatureType.NUMBER),) if user_features else (),
            has_rating=ratings,
            has_timestamp=timestamps,
            has_title=True,
        ),
    )


ITEM_FEATURES = (
    Feature("year", FeatureType.NUMBER),
    Feature("colour", FeatureType.CATEGORY),
    Feature("shades", FeatureType.TAGS),
    Feature("new", FeatureType.FLAG),
)


def coloured(item_id: str, colour: str) -> pd.DataFrame:
    """One item of a colour, as a typed table of one row."""
    return _table([item_id], [colour])


def _items(numbers: Sequence[int], features: bool) -> pd.DataFrame:
    table = _table([f"i{n}" for n in numbers], [COLOURS[n % 2] for n in numbers])
    return table if features else table[["item_id", "title"]]


def _table(ids: list[str], colours: list[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "item_id": ids,
            "title": [f"The {colour} one, {name}" for name, colour in zip(ids, colours, strict=True)],
            "year": np.linspace(1990, 2000, len(ids)),
            "colour": colours,
            "shades": [(f"light {colour}", f"dark {colour}") for colour in colours],
            "new": 0.0,
        }
    )


def _users(count: int, features: bool) -> pd.DataFrame:
    table = pd.DataFrame({"user_id": [f"u{n}" for n in range(count)], "age": np.linspace(20.0, 60.0, count)})
    return table if features else table[["user_id"]]

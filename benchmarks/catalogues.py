"""Made-up data sets of any size."""

import numpy as np
import pandas as pd

from pharos.ingest.dataset import Dataset
from pharos.ingest.schema import Feature, FeatureType, Schema

_GENRES = 20
_LABELS = 2000


def catalogue(items: int, users: int, events: int, *, seed: int = 0) -> Dataset:
    """People with a taste for a few of twenty genres, who choose items of these, the popular ones more often.

    Each item has a genre, five labels of a long-tailed vocabulary and a year; each event a rating and a time.
    """
    random = np.random.default_rng(seed)
    genre = random.integers(_GENRES, size=items)
    labels = (random.zipf(1.3, size=(items, 5)) - 1) % _LABELS
    table = pd.DataFrame({"item_id": [f"i{n}" for n in range(items)]})
    table["title"] = [f"Item {n}" for n in range(items)]
    table["year"] = random.integers(1950, 2025, size=items).astype(float)
    table["genres"] = [(f"g{g}",) for g in genre]
    table["labels"] = [tuple(f"l{label}" for label in dict.fromkeys(row)) for row in labels]
    features = tuple(
        Feature(name, FeatureType(kind)) for name, kind in (("year", "number"), ("genres", "tags"), ("labels", "tags"))
    )
    return Dataset(
        name=f"made-up-{items}",
        interactions=_events(random, genre, users, events),
        items=table,
        users=pd.DataFrame({"user_id": [f"u{n}" for n in range(users)]}),
        schema=Schema(items=features, has_rating=True, has_timestamp=True, has_title=True),
    )


def _events(random: np.random.Generator, genre: np.ndarray, users: int, events: int) -> pd.DataFrame:
    by_genre = [np.flatnonzero(genre == number) for number in range(_GENRES)]
    user = np.sort(random.integers(users, size=events))
    taste = random.integers(_GENRES, size=(users, 3))
    chosen = taste[user, random.integers(3, size=events)]
    # The share of the k-th item of a genre falls with k, as it does in every catalogue.
    place = random.random(events) ** 3
    item = np.array([by_genre[g][int(p * len(by_genre[g]))] for g, p in zip(chosen, place, strict=True)])
    frame = pd.DataFrame({"user_id": [f"u{n}" for n in user], "item_id": [f"i{n}" for n in item]})
    frame["rating"] = random.integers(1, 6, size=events).astype(np.float32)
    frame["timestamp"] = 1_500_000_000 + np.arange(events)
    return frame.drop_duplicates(["user_id", "item_id"], ignore_index=True)

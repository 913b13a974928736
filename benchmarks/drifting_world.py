"""A made-up shop whose customers change: tastes, trends and what is popular move from day to day."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from pharos.ingest.dataset import Dataset
from pharos.ingest.schema import Feature, FeatureType, Schema

Floats = npt.NDArray[np.float64]

DAY_SECONDS: Final = 86_400
_FIRST_SECOND: Final = 1_700_000_000
_GENRES: Final = 16
_POPULARITY: Final = 0.8
"""The weight of the k-th item falls as this power of k."""
_TASTE, _TASTE_MOVES, _TREND_MOVES, _ITEM_MOVES = 2.0, 0.15, 0.1, 0.1
"""Spread of the log-weights of genres at first, and of what is added each day: by person, by genre, by item."""


@dataclass(frozen=True)
class Size:
    """How many there are of each: items, people, days before the first simulated day, events of a day."""

    items: int = 300
    users: int = 800
    days_before: int = 10
    events_per_day: int = 1600


class DriftingWorld:
    """Draws one day after another. The same seed gives the same days."""

    def __init__(self, seed: int, size: Size) -> None:
        self.size = size
        self.day = 0
        self._random = np.random.default_rng(seed)
        ranks = self._random.permutation(size.items) + 1
        self._item: Floats = -_POPULARITY * np.log(ranks)
        self._genre = self._random.integers(_GENRES, size=size.items)
        self._taste: Floats = self._random.normal(0, _TASTE, (size.users, _GENRES))
        self._had = np.zeros((size.users, size.items), bool)

    def dataset(self, interactions: pd.DataFrame) -> Dataset:
        """The catalogue and the people with these interactions."""
        items = pd.DataFrame({"item_id": [f"i{n}" for n in range(self.size.items)]})
        items["title"] = [f"Item {n}" for n in range(self.size.items)]
        items["genres"] = [(f"g{genre}",) for genre in self._genre]
        features = (Feature("genres", FeatureType("tags")),)
        return Dataset(
            name="drifting",
            interactions=interactions.reset_index(drop=True),
            items=items,
            users=pd.DataFrame({"user_id": [f"u{n}" for n in range(self.size.users)]}),
            schema=Schema(items=features, has_rating=False, has_timestamp=True, has_title=True),
        )

    def next_day(self) -> pd.DataFrame:
        """The events of the next day, after everything has moved: columns user_id, item_id, timestamp."""
        draw, size = self._random, self.size
        self._taste += draw.normal(0, _TASTE_MOVES, self._taste.shape)
        self._taste += draw.normal(0, _TREND_MOVES, _GENRES)
        self._item += draw.normal(0, _ITEM_MOVES, size.items)
        users = np.sort(draw.integers(size.users, size=size.events_per_day))
        items = np.array([self._choose(user) for user in users])
        seconds = _FIRST_SECOND + self.day * DAY_SECONDS + draw.integers(DAY_SECONDS, size=len(users))
        self.day += 1
        return pd.DataFrame(
            {"user_id": [f"u{n}" for n in users], "item_id": [f"i{n}" for n in items], "timestamp": seconds}
        )

    def _choose(self, user: int) -> int:
        """An item that this person has not had, with the chance of its weight: the Gumbel-max trick."""
        weights = self._item + self._taste[user, self._genre] + self._random.gumbel(size=self.size.items)
        weights[self._had[user]] = -np.inf
        item = int(weights.argmax())
        self._had[user, item] = True
        return item


def one_list_for_all(day: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The day on which a fault tells of the same twelve items whoever is asked."""
    items = np.random.default_rng(seed).choice([f"i{n}" for n in range(100, 112)], len(day))
    return day.assign(item_id=items).drop_duplicates(["user_id", "item_id"])


def vote_flood(day: pd.DataFrame, _seed: int) -> pd.DataFrame:
    """The day on which new accounts, one for each event of the day, all push the same three items."""
    bots = [day.assign(user_id=[f"bot{n}" for n in range(len(day))], item_id=item) for item in ("i7", "i8", "i9")]
    return pd.concat([day, *bots])


def one_account(day: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The day on which one account tells of more events than all others together."""
    items = np.random.default_rng(seed).integers(300, size=2 * len(day))
    return pd.concat([day, replace_all(day, items)])


def replace_all(day: pd.DataFrame, items: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Events of one account with these items, spread over the day."""
    start = int(day["timestamp"].min())
    return pd.DataFrame(
        {
            "user_id": "bot",
            "item_id": [f"i{n}" for n in items],
            "timestamp": start + np.arange(len(items)) % DAY_SECONDS,
        }
    )


def only_a_tenth(dataset: Dataset, seed: int) -> Dataset:
    """A data set that has lost nine of ten of its events."""
    return replace(dataset, interactions=dataset.interactions.sample(frac=0.1, random_state=seed))

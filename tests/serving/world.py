"""A tiny made-up world: forty films in two halves, and people who like one half only."""

import math

import pandas as pd

from pharos.ingest.dataset import Dataset
from pharos.ingest.schema import Feature, FeatureType, Schema

HALF = 20
WAR_TEXT = "Soldiers fight a battle in the trenches of a great war."
TOY_TEXT = "Toys come to life and have adventures in the children's room."

SCHEMA = Schema(
    items=(
        Feature("year", FeatureType.NUMBER),
        Feature("genres", FeatureType.TAGS),
        Feature("language", FeatureType.CATEGORY),
        Feature("overview", FeatureType.TEXT),
    ),
    users=(Feature("age", FeatureType.NUMBER),),
    has_rating=True,
    has_timestamp=True,
    has_title=True,
)


def war(number: int) -> str:
    """The id of a film of the first half."""
    return f"war-{number}"


def toy(number: int) -> str:
    """The id of a film of the second half."""
    return f"toy-{number}"


def items() -> pd.DataFrame:
    """Twenty war films and twenty films about toys; the last of each half has no year and no language."""
    rows = []
    for number in range(HALF):
        last = number == HALF - 1
        for item_id, title, genre, text in (
            (war(number), f"Battle of the Hills {number}", "War", WAR_TEXT),
            (toy(number), f"Toy Box {number}", "Animation", TOY_TEXT),
        ):
            year = math.nan if last else 1980.0 + number
            tags = (genre, "Drama") if number % 2 else (genre,)
            rows.append(
                (item_id, title, year, tags, "" if last else ("en", "fr")[number % 2], f"{text} Part {number}.")
            )
    rows.append(("lone", "Lone Tree, The (1950)", 1950.0, (), "", ""))
    return pd.DataFrame(rows, columns=["item_id", "title", "year", "genres", "language", "overview"])


def _place(person: int, number: int) -> int:
    """When a person comes to a film: everybody in an order of their own."""
    return (7 * number + 3 * person * person) % HALF


def interactions() -> pd.DataFrame:
    """User w<n> has rated all war films but number n, user t<n> all films about toys but number n."""
    rows = [
        (f"{half}{person}", name(number), 3.0 + (number % 3), 1_000_000 + 1000 * person + _place(person, number))
        for half, name in (("w", war), ("t", toy))
        for person in range(HALF)
        for number in range(HALF)
        if number != person
    ]
    frame = pd.DataFrame(rows, columns=["user_id", "item_id", "rating", "timestamp"])
    return frame.astype({"rating": "float32"})


def dataset(name: str = "halves") -> Dataset:
    """The world as a data set; user "quiet" has no events."""
    events = interactions()
    users = pd.DataFrame({"user_id": [*dict.fromkeys(events["user_id"]), "quiet"]})
    users["age"] = [float(20 + number) for number in range(len(users))]
    return Dataset(name, events, items(), users, SCHEMA)

"""A made-up sports shop with six kinds of products, and people who keep to one kind, sometimes two."""

import random

import pandas as pd

from pharos.ingest.dataset import Dataset
from pharos.ingest.schema import Feature, FeatureType, Schema

KINDS = {
    "running shoes": "Runner",
    "yoga mats": "Mat",
    "tents": "Shelter",
    "bicycle helmets": "Helmet",
    "swim goggles": "Goggles",
    "climbing ropes": "Rope",
}
EACH = 50
PEOPLE = 240
_QUALITIES = [f"quality {number}" for number in range(40)]

SCHEMA = Schema(
    items=(
        Feature("category", FeatureType.CATEGORY),
        Feature("qualities", FeatureType.TAGS),
        Feature("price", FeatureType.NUMBER),
    ),
    users=(),
    has_rating=False,
    has_timestamp=True,
    has_title=True,
)


def product(kind: str, number: int) -> str:
    """The id of a product."""
    return f"{kind}-{number}"


def items() -> pd.DataFrame:
    """Fifty products of each kind, each with two qualities that say nothing of its kind."""
    chance = random.Random(3)
    rows = [
        (
            product(kind, number),
            f"{noun} {chance.choice(('Swift', 'Solid', 'Light', 'Bold'))} {number}",
            kind,
            tuple(chance.sample(_QUALITIES, 2)),
            float(chance.randint(10, 200)),
        )
        for kind, noun in KINDS.items()
        for number in range(EACH)
    ]
    return pd.DataFrame(rows, columns=["item_id", "title", "category", "qualities", "price"])


def dataset() -> Dataset:
    """The shop with what each person bought: eight products of the own kind, and two of another."""
    chance, kinds = random.Random(5), list(KINDS)
    rows = []
    for person in range(PEOPLE):
        own, other = kinds[person % len(kinds)], kinds[(person // len(kinds)) % len(kinds)]
        bought = [product(own, number) for number in chance.sample(range(EACH), 8)]
        bought += [item for item in (product(other, chance.randrange(EACH)) for _ in range(2)) if item not in bought]
        bought = list(dict.fromkeys(bought))
        chance.shuffle(bought)
        rows += [(f"p{person}", item, 1_000_000 + 1000 * person + place) for place, item in enumerate(bought)]
    events = pd.DataFrame(rows, columns=["user_id", "item_id", "timestamp"])
    users = pd.DataFrame({"user_id": [f"p{person}" for person in range(PEOPLE)]})
    return Dataset("shop", events, items(), users, SCHEMA)


def new_shoe(**changes: object) -> dict[str, object]:
    """The body of a pair of running shoes that nobody has bought yet."""
    features = {"category": "running shoes", "qualities": ["quality 1", "quality 2"], "price": 90, **changes}
    return {"title": "Runner Cloud", "features": features}

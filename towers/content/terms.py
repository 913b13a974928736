"""The terms of an item: words of its title and texts, and whole tags and categories."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from pharos.ingest.columns import Columns
from pharos.ingest.schema import Feature, FeatureType

_WORD = re.compile(r"\w\w+")
_LONGEST_TERM = 100
_MOST_WORDS = 1000
"""Words that are read of one item, so that a book in a text column costs no more than its first pages."""


@dataclass(frozen=True)
class Terms:
    """The terms of an item, with repetitions. labels: tags and categories as a whole, each with its feature."""

    labels: list[str]
    words: list[str]


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, without those of one letter."""
    return [word[:_LONGEST_TERM] for word in _WORD.findall(text.lower())]


def terms(items: pd.DataFrame, features: tuple[Feature, ...]) -> Iterator[Terms]:
    """The terms of each row of `items`; words come from title, texts, tags and categories."""
    read = [f for f in features if f.type in (FeatureType.TEXT, FeatureType.TAGS, FeatureType.CATEGORY)]
    columns = [items[feature.name] for feature in read]
    for item_id, title, *values in zip(items[Columns.ITEM], items[Columns.TITLE], *columns, strict=True):
        # In a data set without titles the id is the title, which carries no information.
        texts = [] if title == item_id else [title]
        labels = []
        for feature, value in zip(read, values, strict=True):
            values_ = [str(part) for part in (value if isinstance(value, tuple | list) else (value,)) if part]
            texts += values_
            if feature.type is not FeatureType.TEXT:
                labels += [f"{feature.name}={label}"[:_LONGEST_TERM] for label in values_]
        yield Terms(labels, words_of(" ".join(texts))[:_MOST_WORDS])

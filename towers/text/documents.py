"""Item documents: the text of each item that the text model encodes."""

import pandas as pd

from pharos.ingest.columns import Columns
from pharos.ingest.schema import Feature, FeatureType

_TAGS_SHOWN = 5


def documents(items: pd.DataFrame, features: tuple[Feature, ...]) -> list[str]:
    """One document per row of `items`: title, texts, first tags and categories.

    A text model reads only the beginning of a long document. So what a search by meaning needs comes first, and
    tags and categories, which are features of the item tower anyway, come last. The same vector serves the item
    tower and the search by meaning, so a catalogue is encoded once. Rows with nothing but an id give an empty text.
    """
    columns = [items[feature.name] for feature in _readable(features)]
    titles = items[Columns.TITLE]
    ids = items[Columns.ITEM]
    return [
        ". ".join(part for part in (_title(title, item), *map(_words, values)) if part)
        for item, title, *values in zip(ids, titles, *columns, strict=True)
    ]


def _readable(features: tuple[Feature, ...]) -> list[Feature]:
    order = {FeatureType.TEXT: 0, FeatureType.TAGS: 1, FeatureType.CATEGORY: 2}
    return sorted((f for f in features if f.type in order), key=lambda f: order[f.type])


def _title(title: str, item_id: str) -> str:
    # In a data set without titles the id is the title, which carries no information.
    return "" if title == item_id else title


def _words(value: object) -> str:
    if isinstance(value, str):
        return value.strip().rstrip(".")
    return ", ".join(value[:_TAGS_SHOWN]) if isinstance(value, (tuple, list)) else ""

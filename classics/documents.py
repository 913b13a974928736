"""Item documents, for the content-based methods."""

import pandas as pd

from pharos.classics.data import Document
from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset
from pharos.ingest.schema import Feature, FeatureType


def documents(dataset: Dataset) -> tuple[Document, ...]:
    """One document per item, in the order of `dataset.items`: title, texts, categories and tags."""
    titles = dataset.items[Columns.TITLE] if dataset.schema.has_title else pd.Series("", index=dataset.items.index)
    words = [[title] for title in titles]
    labels: list[list[str]] = [[] for _ in words]
    for feature in dataset.schema.items:
        if feature.type in (FeatureType.TEXT, FeatureType.CATEGORY, FeatureType.TAGS):
            for row, value in enumerate(dataset.items[feature.name]):
                values = value if feature.type is FeatureType.TAGS else (value,)
                words[row].extend(values)
                labels[row].extend(_labels(feature, values))
    return tuple(Document(" ".join(filter(None, w)), tuple(names)) for w, names in zip(words, labels, strict=True))


def _labels(feature: Feature, values: tuple[str, ...]) -> list[str]:
    """Whole values, named by their feature; a running text has none."""
    if feature.type is FeatureType.TEXT:
        return []
    return [f"{feature.name}={value}" for value in values if value]

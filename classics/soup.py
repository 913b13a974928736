"""The "soup" of an item: its names and labels as words of one text; a name of several words becomes one word.

So two people called Tom have nothing in common, and "Tom Hanks" is "tomhanks" in every film that he is in.
"""

from collections.abc import Sequence
from typing import Final

from pharos.classics.bag_of_words import Bags, Counting, bags
from pharos.classics.errors import CannotAnswer
from pharos.ingest.dataset import Dataset
from pharos.ingest.schema import Feature, FeatureType

_USUAL: Final = ("cast", "director", "keywords", "genres")


def soups(dataset: Dataset, features: Sequence[str] = ()) -> list[list[str]]:
    """The words of each item's soup, in the order of `dataset.items`.

    features: categories or tags; by default those of cast, director, keywords and genres that there are, or else all.
    Raises CannotAnswer, naming those that there are, for another name.
    """
    chosen = _chosen(dataset, features)
    soup: list[list[str]] = [[] for _ in range(len(dataset.items))]
    for feature in chosen:
        for row, value in zip(soup, dataset.items[feature.name], strict=True):
            row.extend(filter(None, map(joined, value if feature.type is FeatureType.TAGS else (value,))))
    return soup


def soup_vectors(dataset: Dataset, features: Sequence[str] = ()) -> Bags:
    """Count vectors of the soups."""
    return bags(soups(dataset, features), Counting.COUNT)


def joined(name: str) -> str:
    """A name as one word: "Tom Hanks" is "tomhanks"."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _chosen(dataset: Dataset, names: Sequence[str]) -> list[Feature]:
    labels = {f.name: f for f in dataset.schema.items if f.type in (FeatureType.CATEGORY, FeatureType.TAGS)}
    if not labels:
        raise CannotAnswer(f"{dataset.name} has no categories or tags of its items to make a soup of")
    if unknown := [name for name in names if name not in labels]:
        raise CannotAnswer(
            f"{dataset.name} has no labels {unknown[0]!r}; its categories and tags are: {', '.join(labels)}"
        )
    usual = [name for name in _USUAL if name in labels]
    return [labels[name] for name in (names or usual or labels)]

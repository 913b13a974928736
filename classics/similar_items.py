"""Similar items by their texts, by their users, or by a text model."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from pharos.classics.bag_of_words import Counting, bags, texts_of
from pharos.classics.catalogue import Catalogue
from pharos.classics.data import Floats
from pharos.classics.errors import CannotAnswer
from pharos.classics.prepare import EmbedItems
from pharos.classics.scoring import Codes, best_of
from pharos.classics.similarity import Measure, pairwise, similarities
from pharos.classics.soup import soup_vectors
from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset


class Likeness(StrEnum):
    """What items are compared by. binary, count, frequency, tfidf: the words of their texts, weighted in that way.

    soup: names and labels, counted. neighbours: who has them. text: the vectors of the text model.
    """

    TFIDF = "tfidf"
    BINARY = "binary"
    COUNT = "count"
    FREQUENCY = "frequency"
    SOUP = "soup"
    NEIGHBOURS = "neighbours"
    TEXT = "text"


@dataclass(frozen=True)
class ItemVectors:
    """The vectors that items are compared by. matrix: csr [items, d], in the order of `dataset.items`."""

    dataset: Dataset
    matrix: csr_matrix

    @classmethod
    def of(
        cls,
        dataset: Dataset,
        likeness: Likeness,
        features: Sequence[str] = (),
        embed_items: EmbedItems | None = None,
    ) -> "ItemVectors":
        """Compute the vectors of a data set.

        features: texts, or labels for the soup, that count; by default all. embed_items: the text model, for `text`.
        Raises CannotAnswer where the data lack what is compared.
        """
        match likeness:
            case Likeness.SOUP:
                matrix = soup_vectors(dataset, features).matrix
            case Likeness.NEIGHBOURS:
                if dataset.interactions.empty:
                    raise CannotAnswer(
                        f"{dataset.name} has no interactions, so items cannot be compared by their users"
                    )
                matrix = csr_matrix(Catalogue.of(dataset).matrix(dataset.interactions).T)
            case Likeness.TEXT:
                if embed_items is None:
                    raise CannotAnswer("there is no text model; choose another way to compare")
                matrix = csr_matrix(embed_items(dataset))
            case _:
                matrix = bags(texts_of(dataset, features), Counting(likeness.value)).matrix
        return cls(dataset, matrix)

    def row(self, item: str) -> int:
        """The row of an item, by its id or exact title. Raises CannotAnswer for none, or several of that title."""
        ids = np.flatnonzero(self.dataset.items[Columns.ITEM] == item)
        found = ids if len(ids) else np.flatnonzero(self.dataset.items[Columns.TITLE] == item)
        if len(found) == 1:
            return int(found[0])
        if not len(found):
            raise CannotAnswer(f"{self.dataset.name} has no item with the id or the title {item!r}")
        several = ", ".join(self.dataset.items[Columns.ITEM].iloc[found[:10]])
        raise CannotAnswer(
            f"{len(found)} items of {self.dataset.name} have the title {item!r}; name one by its id: {several}"
        )

    def similar(self, row: int, k: int, measure: Measure) -> tuple[Codes, Floats]:
        """The k items most similar to that of a row, without itself: codes, best first, and similarities."""
        scores = similarities(csr_matrix(self.matrix[[row]]), self.matrix, measure)[0]
        scores[row] = -np.inf
        best = best_of(scores.astype(np.float32), k)
        return best, scores[best]

    def table(self, rows: Sequence[int], measure: Measure) -> pd.DataFrame:
        """Pairwise similarities of the given items, by title: float64 [k, k]."""
        titles = self.dataset.items[Columns.TITLE].iloc[list(rows)].tolist()
        return pairwise(self.matrix, np.array(rows, np.int64), titles, measure)

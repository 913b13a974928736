"""TF-IDF vectors of items, which exist from the moment an item is added, without training."""

import zlib
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp

from pharos.ingest.schema import Feature
from pharos.towers.content.terms import Terms, terms, words_of

COLUMNS = 2**31 - 1
"""Columns of a content matrix: those of known terms first, then those that unknown terms fall into by their hash."""


@dataclass(frozen=True)
class ContentEncoder:
    """TF-IDF with (1 + ln tf) and ln((1 + n) / (1 + df)) + 1 (Salton and Buckley, 1988).

    labels, words: the terms of the training catalogue, sorted; the labels have the first columns, then come the
    words. idf: float32 [labels + words]; items: n. Labels and words each make a part of length 1, so that a long
    text does not drown a few tags. A term that is new since training gets the highest idf, and a column by hashing.
    """

    labels: tuple[str, ...]
    words: tuple[str, ...]
    idf: npt.NDArray[np.float32] = field(repr=False)
    items: int

    @classmethod
    def fit(cls, items: pd.DataFrame, features: tuple[Feature, ...]) -> Self:
        """Count the document frequency of each term in a catalogue."""
        in_labels, in_words = Counter[str](), Counter[str]()
        for found in terms(items, features):
            in_labels.update(set(found.labels))
            in_words.update(set(found.words))
        labels, words = sorted(in_labels), sorted(in_words)
        counts = np.array([*(in_labels[name] for name in labels), *(in_words[name] for name in words)], np.float64)
        idf = np.log((1 + len(items)) / (1 + counts)) + 1
        return cls(tuple(labels), tuple(words), idf.astype(np.float32), len(items))

    @property
    def terms(self) -> int:
        """The count of known terms, which are the first columns."""
        return len(self.idf)

    def encode(self, items: pd.DataFrame, features: tuple[Feature, ...]) -> sp.csr_matrix:
        """Encode n items: float32 CSR [n, COLUMNS]; items without any text have an empty row."""
        return self._rows(terms(items, features))

    def encode_text(self, text: str) -> sp.csr_matrix:
        """Encode the words of a search query as one row."""
        return self._rows([Terms([], words_of(text))])

    def _rows(self, rows: Iterable[Terms]) -> sp.csr_matrix:
        # Plain arrays over all rows: those of NumPy, for each row, would cost three times as much as the counting.
        columns, counts, lengths = array("q"), array("q"), array("q")
        for found in rows:
            for names, places in ((found.labels, self._label_places), (found.words, self._word_places)):
                counted = Counter(names)
                columns.extend(self._columns(counted, places))
                counts.extend(counted.values())
                lengths.append(len(counted))
        parts = np.array(lengths, np.int64)
        column = np.array(columns, np.int64)
        data = self._weights(column, np.array(counts, np.float32), parts)
        starts = np.append(0, np.cumsum(parts))[::2]
        matrix = sp.csr_matrix((data, column, starts), shape=(len(parts) // 2, COLUMNS))
        # Two unknown terms may share a column.
        matrix.sum_duplicates()
        return matrix

    def _weights(
        self, column: npt.NDArray[np.int64], count: npt.NDArray[np.float32], parts: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.float32]:
        """The weight of each term. parts: how many terms in a row belong together and share a length of 1."""
        idf = np.full(len(column), np.log(1 + self.items) + 1, np.float32)
        known = column < self.terms
        idf[known] = self.idf[column[known]]
        weights = (1 + np.log(count)) * idf
        part = np.repeat(np.arange(len(parts)), parts)
        lengths = np.sqrt(np.bincount(part, weights.astype(np.float64) ** 2, minlength=len(parts)))
        return (weights / np.maximum(lengths, 1e-9)[part]).astype(np.float32)

    def _columns(self, found: Iterable[str], places: Mapping[str, int]) -> Iterator[int]:
        known = self.terms
        for term in found:
            place = places.get(term)
            yield known + zlib.crc32(term.encode()) % (COLUMNS - known) if place is None else place

    @cached_property
    def _label_places(self) -> dict[str, int]:
        return {term: place for place, term in enumerate(self.labels)}

    @cached_property
    def _word_places(self) -> dict[str, int]:
        return {term: place for place, term in enumerate(self.words, len(self.labels))}

    def state(self) -> dict[str, Any]:
        """The fitted encoder as JSON values."""
        idf = [round(float(value), 6) for value in self.idf]
        return {"labels": self.labels, "words": self.words, "idf": idf, "items": self.items}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """The inverse of `state`."""
        idf = np.array(state["idf"], np.float32)
        return cls(tuple(state["labels"]), tuple(state["words"]), idf, state["items"])

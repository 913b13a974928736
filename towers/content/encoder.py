"""TF-IDF vectors of items, which exist from the moment an item is added, without training."""

import zlib
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

_Part = tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]


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
        parts = [(self._part(found.labels, self._label_places), self._part(found.words, self._word_places))
                 for found in rows]  # fmt: skip
        columns = [np.concatenate([labels[0], words[0]]) for labels, words in parts]
        weights = [np.concatenate([labels[1], words[1]]) for labels, words in parts]
        starts = np.append(0, np.cumsum([len(row) for row in columns], dtype=np.int64))
        data = (np.concatenate([np.zeros(0, np.float32), *weights]), np.concatenate([np.zeros(0, np.int64), *columns]))
        matrix = sp.csr_matrix((*data, starts), shape=(len(parts), COLUMNS))
        # Two unknown terms may share a column.
        matrix.sum_duplicates()
        return matrix

    def _part(self, found: list[str], places: Mapping[str, int]) -> _Part:
        counts = Counter(found)
        columns = np.fromiter(self._columns(counts, places), np.int64, len(counts))
        idf = np.full(len(counts), np.log(1 + self.items) + 1, np.float32)
        known = columns < self.terms
        idf[known] = self.idf[columns[known]]
        weights = (1 + np.log(np.fromiter(counts.values(), np.float32, len(counts)))) * idf
        return columns, weights / max(float(np.sqrt(weights @ weights)), 1e-9)

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

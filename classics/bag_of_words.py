"""Bags of words: texts as vectors of word counts, binary, plain, or weighted by TF-IDF."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from scipy.sparse import csr_matrix, diags_array

from pharos.classics.errors import CannotAnswer
from pharos.ingest.dataset import Dataset
from pharos.ingest.schema import FeatureType

_WORD: Final = re.compile(r"\w\w+")


class Counting(StrEnum):
    """How a word w of a text d, one of N texts, is weighted; n(w, d) is its count in d.

    binary: 1. count: n(w, d). frequency: tf = n(w, d) / words of d. tfidf: tf * ln(N / df(w)), with df(w) the texts
    that have w; a word of all texts counts nothing (Sparck Jones, 1972; Salton and Buckley, 1988).
    """

    BINARY = "binary"
    COUNT = "count"
    FREQUENCY = "frequency"
    TFIDF = "tfidf"


@dataclass(frozen=True)
class Bags:
    """matrix: csr float64 [n, terms], a row a text. terms: sorted, those of the columns."""

    matrix: csr_matrix
    terms: tuple[str, ...]


def words(text: str) -> list[str]:
    """The words of a text in lower case, without those of one letter."""
    return _WORD.findall(text.lower())


def bags(texts: Sequence[Sequence[str]], counting: Counting) -> Bags:
    """Texts, each a list of words, as vectors; a text without words is a row of zeros."""
    counted = [Counter(text) for text in texts]
    terms = sorted({term for count in counted for term in count})
    place = {term: column for column, term in enumerate(terms)}
    columns = np.fromiter((place[term] for count in counted for term in count), np.int64)
    values = np.fromiter((many for count in counted for many in count.values()), np.float64)
    starts = np.append(0, np.cumsum([len(count) for count in counted], dtype=np.int64))
    matrix = csr_matrix((values, columns, starts), shape=(len(texts), max(len(terms), 1)))
    matrix.sort_indices()
    return Bags(_weighted(matrix, counting), tuple(terms))


def texts_of(dataset: Dataset, features: Sequence[str] = ()) -> list[list[str]]:
    """The words of each item, in the order of `dataset.items`.

    features: of type text, by default all of them. Raises CannotAnswer, naming those that there are, for another name.
    """
    known = [feature.name for feature in dataset.schema.items if feature.type is FeatureType.TEXT]
    if unknown := [name for name in features if name not in known]:
        raise CannotAnswer(f"{dataset.name} has no text {unknown[0]!r}; its texts are: {', '.join(known) or 'none'}")
    if not known:
        raise CannotAnswer(f"{dataset.name} has no texts of its items")
    columns = [dataset.items[name] for name in (features or known)]
    return [words(" ".join(parts)) for parts in zip(*columns, strict=True)]


def _weighted(matrix: csr_matrix, counting: Counting) -> csr_matrix:
    if counting is Counting.COUNT:
        return matrix
    if counting is Counting.BINARY:
        return csr_matrix((np.ones_like(matrix.data), matrix.indices, matrix.indptr), shape=matrix.shape)
    lengths = np.asarray(matrix.sum(axis=1)).ravel()
    frequency = csr_matrix(diags_array(1 / np.maximum(lengths, 1)) @ matrix)
    if counting is Counting.FREQUENCY:
        return frequency
    texts_with = np.bincount(matrix.indices, minlength=matrix.shape[1])
    rarity = np.log(matrix.shape[0] / np.maximum(texts_with, 1))
    return csr_matrix(frequency @ diags_array(rarity))

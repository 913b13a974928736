"""TF-IDF vectors of item documents, for the content-based methods."""

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from scipy.sparse import csr_matrix, diags_array, hstack

from pharos.classics import extras
from pharos.classics.data import Document


class Terms(StrEnum):
    """Which terms of a document are used."""

    WORDS = "words"
    LABELS = "labels"
    BOTH = "both"


def term_matrix(documents: Sequence[Document], terms: Terms, norm_power: float) -> csr_matrix:
    """TF-IDF of documents: csr float32 [items, terms].

    norm_power: each vector is divided by its L2 norm to this power. At 1 all have length 1; at 0 what is described at
    length weighs more, and so comes to the top, which suits catalogues where the popular is described best.
    """
    parts = []
    if terms is not Terms.LABELS and any(document.words for document in documents):
        parts.append(_words(documents))
    if terms is not Terms.WORDS and any(document.labels for document in documents):
        parts.append(_labels(documents))
    if not parts:
        return csr_matrix(np.zeros((len(documents), 1), dtype=np.float32))
    matrix = csr_matrix(hstack(parts))
    norms = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    scales = np.where(norms > 0, norms, 1.0) ** -norm_power
    return csr_matrix(diags_array(scales.astype(np.float32)) @ matrix)


def _words(documents: Sequence[Document]) -> csr_matrix:
    vectorizer = extras.load("sklearn.feature_extraction.text").TfidfVectorizer(
        stop_words="english", sublinear_tf=True, norm=None, dtype=np.float32
    )
    return csr_matrix(vectorizer.fit_transform([document.words for document in documents]))


def _labels(documents: Sequence[Document]) -> csr_matrix:
    vectorizer = extras.load("sklearn.feature_extraction.text").TfidfVectorizer(
        analyzer=lambda document: document.labels, norm=None, dtype=np.float32
    )
    return csr_matrix(vectorizer.fit_transform(documents))

"""Similarity measures of vectors: dot product, cosine, Euclidean distance."""

from enum import StrEnum

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from pharos.classics.data import Floats
from pharos.classics.scoring import Codes


class Measure(StrEnum):
    """dot: sum of products, which favours long vectors, such as those of long texts or popular items.

    cosine: the dot product of vectors of length 1, direction alone. euclidean: distance, turned to its negative so that
    more is more alike; on vectors of length 1 it orders as the cosine does.
    """

    DOT = "dot"
    COSINE = "cosine"
    EUCLIDEAN = "euclidean"


def similarities(queries: csr_matrix, items: csr_matrix, measure: Measure) -> Floats:
    """Similarities of q queries with n items: float64 [q, n], higher is more similar.

    queries: csr [q, d]; items: csr [n, d]. A vector of zeros has the cosine 0 with everything.
    """
    queries, items = queries.astype(np.float64), items.astype(np.float64)
    products: Floats = (queries @ items.T).toarray()
    if measure is Measure.DOT:
        return products
    asked, known = _squares(queries), _squares(items)
    if measure is Measure.COSINE:
        lengths = np.sqrt(np.outer(asked, known))
        return np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)
    # From 0, so that the same vector is at 0 and not at minus 0.
    return 0.0 - np.sqrt(np.maximum(asked[:, None] + known[None, :] - 2 * products, 0.0))


def pairwise(vectors: csr_matrix, rows: Codes, names: list[str], measure: Measure) -> pd.DataFrame:
    """Pairwise similarities of items. rows: int64 [k]; names: k headings; returns float64 [k, k]."""
    chosen = csr_matrix(vectors[rows])
    return pd.DataFrame(similarities(chosen, chosen, measure), index=names, columns=names)


def _squares(vectors: csr_matrix) -> Floats:
    return np.asarray(vectors.multiply(vectors).sum(axis=1), np.float64).ravel()

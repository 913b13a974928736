"""Item-based nearest neighbours (Sarwar et al., 2001; Deshpande and Karypis, 2004)."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags_array, vstack

from pharos.classics.base import Capabilities, Classic
from pharos.classics.data import RankingData
from pharos.classics.scorers import ItemSimilarity

_BLOCK = 1000
_BM25_SATURATION = 100.0
_BM25_LENGTH = 0.5


class Weighting(StrEnum):
    """The weight of each event before items are compared."""

    COSINE = "cosine"
    TFIDF = "tf-idf"
    BM25 = "bm25"


@dataclass(frozen=True)
class ItemKNN(Classic):
    """score(u, j) = sum over the items i of u, of which j is a neighbour, of s(i, j).

    s(i, j) = w_i w_j / (|w_i| |w_j| + shrink), w_i the weighted events of i by user
    (https://doi.org/10.1145/371920.372071, https://doi.org/10.1145/963770.963776).

    neighbours: kept of each item. shrink: as above, so that few common users count for less.
    weighting: cosine takes events as they are, tf-idf has users with long histories count for less, bm25 besides
    discounts popular items (Robertson and Zaragoza, 2009) in place of the norm.
    """

    name: ClassVar[str] = "ItemKNN"
    summary: ClassVar[str] = "items that share users with those of the history"
    can: ClassVar[Capabilities] = Capabilities(unknown_users=True, explanations=True)

    neighbours: int = 100
    shrink: float = 10.0
    weighting: Weighting = Weighting.COSINE

    @classmethod
    def grid(cls) -> tuple["ItemKNN", ...]:
        normed = product((400, 200, 800, 100), (0.0, 50.0, 10.0, 200.0), (Weighting.COSINE, Weighting.TFIDF))
        plain = [cls(neighbours, 0.0, Weighting.BM25) for neighbours in (200, 400, 800, 100)]
        return (*(cls(*values) for values in normed), *plain)

    def fit(self, data: RankingData) -> ItemSimilarity:
        weighted = _weighted(data.matrix, self.weighting)
        return ItemSimilarity(data.histories, self._neighbourhoods(weighted))

    def _neighbourhoods(self, weighted: csr_matrix) -> csr_matrix:
        """Similarities of each item to its nearest neighbours: csr [items, items]."""
        items = weighted.shape[1]
        by_item = weighted.T.tocsr()
        norms = np.sqrt(np.asarray(by_item.multiply(by_item).sum(axis=1), dtype=np.float32).ravel())
        rows = []
        for start in range(0, items, _BLOCK):
            stop = min(start + _BLOCK, items)
            similarity = (by_item[start:stop] @ weighted).toarray()
            if self.weighting is not Weighting.BM25:
                # Items that nobody has would divide zero by zero.
                similarity /= np.maximum(np.outer(norms[start:stop], norms) + self.shrink, 1e-9)
            similarity[np.arange(stop - start), np.arange(start, stop)] = 0.0
            rows.append(nearest(similarity, self.neighbours))
        return csr_matrix(vstack(rows))


def nearest(similarity: NDArray[np.float32], neighbours: int) -> csr_matrix:
    """The largest positive entries of each row of a dense block, at most `neighbours` of them."""
    count, items = similarity.shape
    keep = min(neighbours, items)
    columns = np.argpartition(-similarity, keep - 1, axis=1)[:, :keep]
    values = np.take_along_axis(similarity, columns, axis=1)
    rows = np.repeat(np.arange(count), keep)
    chosen = csr_matrix((np.maximum(values, 0.0).ravel(), (rows, columns.ravel())), shape=similarity.shape)
    chosen.eliminate_zeros()
    return chosen


def _weighted(matrix: csr_matrix, weighting: Weighting) -> csr_matrix:
    if weighting is Weighting.COSINE:
        return matrix
    rarity = np.log(matrix.shape[1]) - np.log1p(np.diff(matrix.indptr))
    weighted = csr_matrix(diags_array(rarity.astype(np.float32)) @ matrix)
    if weighting is Weighting.BM25:
        popularity = np.asarray(matrix.sum(axis=0), dtype=np.float32).ravel()
        length = 1.0 - _BM25_LENGTH + _BM25_LENGTH * popularity / max(float(popularity.mean()), 1e-9)
        gain = (_BM25_SATURATION + 1.0) / (_BM25_SATURATION * length + 1.0)
        weighted = csr_matrix(weighted @ diags_array(gain.astype(np.float32)))
    return weighted

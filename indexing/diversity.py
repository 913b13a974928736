"""Maximal marginal relevance (MMR), which re-ranks a list for diversity, and the similarity within a list."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from pharos.indexing.index import FloatArray

POOL: Final = 500
"""The candidates to choose from: with a hundred, the same diversity costs up to half as many hits again."""

_LEAST_UNIT: Final = 0.05

# Of log odds: a ranking model is overconfident on lists that it was not trained on.
_TRUST: Final = 0.5


@dataclass(frozen=True)
class Scale:
    """How relevance is weighed against similarity; set so that half of the diversity lowers similarity by a quarter.

    steepness: the utility of a candidate falls from e^0 for the best to e^-steepness for the worst, about as the
    share of hits does. weight: the cost of a list that is as similar as the plain one, in units of the highest
    utility. beyond_all: whether only the plain list's similarity in excess of that of all candidates counts.
    """

    steepness: float
    weight: float
    beyond_all: bool

    @classmethod
    def of_log_odds(cls, scores: FloatArray) -> Self:
        """Of a ranking model's scores: float32 [n], the whole list's."""
        return cls(_TRUST * float(np.ptp(scores)) if len(scores) else 0.0, weight=0.5, beyond_all=False)


SIMILARITIES: Final = Scale(steepness=3.0, weight=0.385, beyond_all=True)
"""Of a retrieval's scores."""


def mmr(
    relevance: FloatArray, vectors: FloatArray, k: int, diversity: float, scale: Scale = SIMILARITIES
) -> NDArray[np.int64]:
    """Positions of k candidates chosen by maximal marginal relevance, the most relevant first.

    The first is the most relevant; each next is the one with the highest

        (1 - diversity) * use(relevance) - diversity * cost(its similarities to those chosen before)

    and of equal ones the first: the maximal marginal relevance of Carbonell and Goldstein (The use of MMR,
    diversity-based reranking for reordering documents and producing summaries, SIGIR 1998; lambda is 1 - diversity).
    Three things are made so that a wide range of catalogues finds the same meaning in the same diversity:
    the use is e^(steepness (relevance - 1)), since hits are far from linear in scores; the cost is the mean similarity
    and not the highest, with those not chosen yet counted as none, so that the first places, which matter most, keep to
    relevance (as in the max-sum diversification of Borodin, Lee and Ye, PODS 2012); and its unit is how alike the plain
    list is, or how much more so than all candidates are.

    relevance: float32 [n], from 0 to about 1, best first, see `scaled`. vectors: float32 [n, d], each of length 1,
    or zeros where an item has none, which has similarity 0 to all. n: the best up to `POOL` of them, and at least
    k. diversity: from 0, the k most relevant, to 1, where only the first is chosen by relevance. scale: see
    `Scale`. Returns int64 [min(k, n)].
    """
    count = min(k, len(relevance))
    chosen = np.empty(count, np.int64)
    if not count:
        return chosen
    use = np.asarray((1 - diversity) * np.exp(scale.steepness * (relevance - 1)), np.float32)
    cost = np.zeros(len(relevance), np.float32)
    if count > 1:
        unit = mean_similarity(vectors[:count]) - (mean_similarity(vectors) if scale.beyond_all else 0.0)
        price = np.float32(diversity * scale.weight / max(unit, _LEAST_UNIT) / (count - 1))
    best = int(np.argmax(relevance))
    for place in range(count):
        chosen[place] = best
        use[best] = -np.inf
        if place + 1 < count:
            cost += price * (vectors @ vectors[best])
            best = int(np.argmax(use - cost))
    in_order = np.sort(chosen)
    return in_order[np.argsort(-relevance[in_order], kind="stable")]


def scaled(scores: FloatArray) -> FloatArray:
    """Min-max scaled scores of one list: 0 for its worst, 1 for its best candidate; all 1 where all are equal.

    What a score is worth differs from model to model and from user to user: this makes them comparable.
    float32 [n] to float32 [n].
    """
    scores = np.asarray(scores, np.float32)
    if not len(scores):
        return scores
    low, high = scores.min(), scores.max()
    if high == low:
        return np.ones_like(scores)
    return np.asarray((scores - low) / (high - low), np.float32)


def mean_similarity(vectors: FloatArray) -> float:
    """The mean pairwise similarity of items with these vectors; 0 for fewer than two.

    vectors: float32 [n, d], each of length 1 or zeros.
    """
    count = len(vectors)
    if count < 2:
        return 0.0
    total = vectors.sum(axis=0, dtype=np.float64)
    own = float(np.square(vectors, dtype=np.float64).sum())
    return (float(total @ total) - own) / (count * (count - 1))

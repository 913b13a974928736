"""Lists of items that are good and yet unlike each other, and how alike the items of a list are."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from indexing.index import FloatArray

POOL: Final = 500
"""So many candidates to choose from: among a hundred, to be as much less alike costs up to half as many hits again."""

STEEPNESS: Final = 3.0
"""How steeply the use of a candidate falls from the best, at e^0, to the worst, at e^-3: about as the share of hits."""

# Of scores that are log odds themselves: a ranking model is surer on the lists it learnt from than it is right later.
_LOG_ODDS: Final = 0.7
# What a list that is as alike as the plain one loses, in units of the best candidate's use: so chosen that half of all
# diversity lowers likeness by about a quarter.
_WEIGHT: Final = 0.43
_LEAST_SPREAD: Final = 0.05


def mmr(
    relevance: FloatArray, vectors: FloatArray, k: int, diversity: float, steepness: float = STEEPNESS
) -> NDArray[np.int64]:
    """The places of k candidates, chosen by marginal relevance, the most relevant of them first.

    The first is the most relevant; each next is the one with the highest

        (1 - diversity) * use(relevance) - diversity * cost(its similarities to those chosen before)

    and of equal ones the first: the maximal marginal relevance of Carbonell and Goldstein (The use of MMR,
    diversity-based reranking for reordering documents and producing summaries, SIGIR 1998; lambda is 1 - diversity).
    Three things are made so that a wide range of catalogues finds the same meaning in the same diversity:
    the use is e^(steepness (relevance - 1)), since hits are far from linear in scores; the cost is the mean similarity
    and not the highest, with those not chosen yet counted as none, so that the first places, which matter most, keep to
    relevance (as in the max-sum diversification of Borodin, Lee and Ye, PODS 2012); and its unit is how much more
    alike the plain list is than all candidates are.

    relevance: float32 [n], from 0 to about 1, best first, see `scaled`. vectors: float32 [n, d], each of length 1, or
    zeros where an item has none, which is like nothing then. n: the best up to `POOL` of them, and at least k.
    diversity: 0 for the k most relevant, to 1, where only the first is chosen by relevance. steepness: `STEEPNESS` for
    similarities, `steepness_of` for the scores of a ranking model. Returns int64 [min(k, n)].
    """
    count = min(k, len(relevance))
    chosen = np.empty(count, np.int64)
    if not count:
        return chosen
    use = np.asarray((1 - diversity) * np.exp(steepness * (relevance - 1)), np.float32)
    cost = np.zeros(len(relevance), np.float32)
    if count > 1:
        spread = mean_similarity(vectors[:count]) - mean_similarity(vectors)
        scale = np.float32(diversity * _WEIGHT / max(spread, _LEAST_SPREAD) / (count - 1))
    best = int(np.argmax(relevance))
    for place in range(count):
        chosen[place] = best
        use[best] = -np.inf
        if place + 1 < count:
            cost += scale * (vectors @ vectors[best])
            best = int(np.argmax(use - cost))
    in_order = np.sort(chosen)
    return in_order[np.argsort(-relevance[in_order], kind="stable")]


def scaled(scores: FloatArray) -> FloatArray:
    """Scores of one list from 0 for its worst to 1 for its best candidate; all 1 where they are all the same.

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


def steepness_of(log_odds: FloatArray) -> float:
    """How steeply the use of candidates falls over a whole list of which the log odds are known: float32 [n]."""
    return _LOG_ODDS * float(np.ptp(log_odds)) if len(log_odds) else STEEPNESS


def mean_similarity(vectors: FloatArray) -> float:
    """The mean similarity of all pairs of items, whose vectors these are; 0 for fewer than two.

    vectors: float32 [n, d], each of length 1 or zeros.
    """
    count = len(vectors)
    if count < 2:
        return 0.0
    total = vectors.sum(axis=0, dtype=np.float64)
    own = float(np.square(vectors, dtype=np.float64).sum())
    return (float(total @ total) - own) / (count * (count - 1))

"""Lists of items that are good and yet unlike each other, and how alike the items of a list are."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from indexing.index import FloatArray

_TAKEN: Final = -np.inf


def mmr(relevance: FloatArray, vectors: FloatArray, k: int, diversity: float) -> NDArray[np.int64]:
    """The places of k candidates, in the order of the list: maximal marginal relevance.

    The next item of the list is always the one with the highest

        (1 - diversity) * relevance - diversity * (its highest similarity to an item that is in the list already)

    and of equal ones the first (Carbonell and Goldstein: The use of MMR, diversity-based reranking for reordering
    documents and producing summaries, SIGIR 1998; its lambda is 1 - diversity).

    relevance: float32 [n], on a scale that can be held against similarities, see `scaled`. vectors: float32 [n, d], each
    of length 1, or zeros where an item has none, which is like nothing then. diversity: 0 for the order of the relevance,
    to 1, where only the first item is chosen by it. Returns int64 [min(k, n)].
    """
    count = min(k, len(relevance))
    chosen = np.empty(count, np.int64)
    gain = np.asarray((1 - diversity) * relevance, np.float32)
    # An item with nothing before it has no similarity to pay for; the second replaces this by a true maximum.
    nearest = np.zeros(len(relevance), np.float32)
    for place in range(count):
        best = int(np.argmax(gain - diversity * nearest))
        if place == 0:
            best = int(np.argmax(relevance))
            nearest = vectors @ vectors[best]
        else:
            np.maximum(nearest, vectors @ vectors[best], out=nearest)
        chosen[place] = best
        gain[best] = _TAKEN
    return chosen


def scaled(scores: FloatArray) -> FloatArray:
    """Scores of one list from 0 for its worst to 1 for its best candidate; all 1 where they are all the same.

    What a score is worth differs from model to model and from user to user, a similarity always means the same: so
    the one is brought to the range of the other before they are weighed against each other. float32 [n] to float32 [n].
    """
    scores = np.asarray(scores, np.float32)
    if not len(scores):
        return scores
    low, high = scores.min(), scores.max()
    if high == low:
        return np.ones_like(scores)
    return np.asarray((scores - low) / (high - low), np.float32)


def mean_similarity(vectors: FloatArray) -> float:
    """The mean similarity of all pairs of items in a list; 0 for fewer than two. vectors: float32 [n, d], of length 1."""
    count = len(vectors)
    if count < 2:
        return 0.0
    total = vectors.sum(axis=0, dtype=np.float64)
    own = float(np.square(vectors, dtype=np.float64).sum())
    return (float(total @ total) - own) / (count * (count - 1))

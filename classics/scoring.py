"""Top-k lists from scores, in blocks of users."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

Codes = NDArray[np.int64]
Scores = NDArray[np.float32]
ScoreBlock = Callable[[Codes], Scores]

BLOCK_CELLS = 20_000_000


@dataclass(frozen=True)
class TopList:
    """The top items of one user: codes, best first, and their scores."""

    user: int
    items: Codes
    scores: Scores


def top_lists(
    score: ScoreBlock,
    users: Codes,
    seen: csr_matrix,
    *,
    k: int,
    allowed: NDArray[np.bool_] | None = None,
    block: int | None = None,
) -> Iterator[TopList]:
    """Yield the top k items of each user, in the order of `users`.

    score: gives a block of scores, float32 [len(users), items], for some user codes; -inf leaves an item out.
    seen: [users, items]; what is stored there is never listed. allowed: [items], True for what may be listed.
    block: users scored at once; by default as many as keep a block near 80 MB.
    Equal scores stand in the order of their codes. A list is shorter than k only where fewer items are eligible.
    Raises ValueError where a score is NaN.
    """
    block = block or max(1, BLOCK_CELLS // max(1, seen.shape[1]))
    for start in range(0, len(users), block):
        codes = users[start : start + block]
        scores = np.array(score(codes), dtype=np.float32)
        if np.isnan(scores).any():
            raise ValueError(f"the score of an item is NaN for a user among codes {codes.min()} to {codes.max()}")
        scores[seen[codes].nonzero()] = -np.inf
        if allowed is not None:
            scores[:, ~allowed] = -np.inf
        for user, row in zip(codes, scores, strict=True):
            best = best_of(row, k)
            yield TopList(int(user), best, row[best])


def best_of(scores: Scores, k: int) -> Codes:
    """Codes of the k highest finite scores, best first, ties by code."""
    candidates = np.flatnonzero(np.isfinite(scores))
    if len(candidates) > k:
        # Keep all that tie with the k-th, so that the order of codes, not of the partition, decides between them.
        # Turned over, since a partition at the far end takes many times as long where most scores are equal.
        threshold = -np.partition(-scores[candidates], k - 1)[k - 1]
        candidates = candidates[scores[candidates] >= threshold]
    return candidates[np.argsort(-scores[candidates], kind="stable")][:k]

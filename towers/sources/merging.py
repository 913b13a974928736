"""Merges the candidate lists of several sources: their scores are scaled, weighted and summed.

Each source gives its best items for a person. Its scores are brought to one scale, 1 for the best of its list; 0 is the
last of the towers' list, whose cosines have no zero of their own, and no connection at all for neighbours and content.
An item that is not in a list has 0 there. The merged score is the weighted sum, between 0 and 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

TOWER, NEIGHBOURS, CONTENT = range(3)
SOURCES: Final = 3
"""How many sources there are; their places in all arrays are those of the constants above."""

DEPTH: Final = 300
"""Items per source."""


@dataclass(frozen=True)
class Weights:
    """The weight of each source; they sum to 1."""

    tower: float
    neighbours: float
    content: float

    def array(self) -> Floats:
        """float32 [SOURCES]."""
        return np.array([self.tower, self.neighbours, self.content], np.float32)


@dataclass(frozen=True)
class MergeWeights:
    """The weights for items seen in training, and for new items."""

    known: Weights
    new: Weights

    def merged(self, parts: Floats, new: npt.NDArray[np.bool_]) -> Floats:
        """Merged scores float32 [n] from scaled scores `parts`, float32 [n, SOURCES]; new: bool [n]."""
        known = parts @ self.known.array()
        return np.where(new, parts @ self.new.array(), known) if new.any() else known

    def leading(self, parts: Floats, new: npt.NDArray[np.bool_]) -> Rows:
        """The source that contributes most to each item's merged score: int64 [n]."""
        shares = np.where(new[:, None], self.new.array(), self.known.array()) * parts
        return shares.argmax(axis=1)

    def state(self) -> dict[str, Any]:
        """The weights as JSON values."""
        return {"known": vars(self.known), "new": vars(self.new)}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """The inverse of `state`."""
        return cls(Weights(**state["known"]), Weights(**state["new"]))


def scaled(scores: Floats, source: int) -> Floats:
    """The scores of one list, best first, on a common scale: float32 [n]."""
    return scaled_like(scores, scores, source)


def scaled_like(scores: Floats, listed: Floats, source: int) -> Floats:
    """Scores on the scale of a given list: float32 [n], above 1 for scores better than its best.

    listed: float32 [any], the scores of the list, best first; where it is empty, all scores are 0.
    """
    if not len(listed):
        return np.zeros(len(scores), np.float32)
    lowest = listed[-1] if source == TOWER else np.float32(0)
    span = listed[0] - lowest
    if span <= 0:
        # One item, or equal scores: there is no scale.
        return (scores > 0 if source != TOWER else scores >= lowest).astype(np.float32)
    return np.maximum((scores - lowest) / span, 0).astype(np.float32)


def merge(lists: Sequence[tuple[Rows, Floats]]) -> tuple[Rows, Floats]:
    """The distinct items of all lists, int64 [m], sorted, and their scaled scores, float32 [m, SOURCES].

    lists: for each source its items, as numbers, and their scores, best first.
    """
    rows, parts, _ = merge_with_places(lists)
    return rows, parts


def merge_with_places(lists: Sequence[tuple[Rows, Floats]]) -> tuple[Rows, Floats, Rows]:
    """As `merge`, and the first position of each item in the concatenated lists: int64 [m]."""
    rows, first, place = np.unique(
        np.concatenate([items for items, _ in lists]), return_index=True, return_inverse=True
    )
    parts, start = np.zeros((len(rows), SOURCES), np.float32), 0
    for source, (items, scores) in enumerate(lists):
        parts[place[start : start + len(items)], source] = scaled(scores, source)
        start += len(items)
    return rows, parts, first

"""Similar items: merges the lists by tower vectors, co-occurrence and content, weighted by an item's event count."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from pharos.towers.sources.merging import Floats, Rows, merge

TRUSTED_EVENTS: Final = 2.0
"""The event count at which content weighs as much as towers and co-occurrence together."""
LEAST_CONTENT: Final = 0.1
"""The least weight of content: among well-known items it tells a sequel from what everybody has."""
COMPANY: Final = 0.9
"""The weight of co-occurrence beside the towers."""
TASTE: Final = 0.1
"""The weight of item tower similarity beside co-occurrence."""


def shares(events: int) -> Floats:
    """The weights of towers, co-occurrence and content for an item with so many events: float32 [3], they sum to 1."""
    content = max(TRUSTED_EVENTS / (TRUSTED_EVENTS + events), LEAST_CONTENT)
    return np.array([(1 - content) * TASTE, (1 - content) * COMPANY, content], np.float32)


def related(lists: Sequence[tuple[Rows, Floats]], events: int) -> tuple[Rows, Floats]:
    """The items of all lists, int64 [m], best first, and their scores, float32 [m], from 0 to 1.

    lists: taste, company and content, each its items, as numbers, and their scores, best first; events: how many
    the item has that the others are like. An empty list leaves its weight to the others; among items of the same
    score the lower number comes first.
    """
    rows, parts = merge(lists)
    share = shares(events) * np.array([len(items) > 0 for items, _ in lists], np.float32)
    total = share.sum()
    score = parts @ (share / total) if total > 0 else parts[:, 0]
    order = np.argsort(-score, kind="stable")
    return rows[order], score[order]


def company(led_to: tuple[Rows, Floats], led_from: tuple[Rows, Floats]) -> tuple[Rows, Floats]:
    """The neighbours of both directions as one list, best first, by the sum of both weights.

    led_to: the items with a weight from this one; led_from: the items with a weight into it.
    """
    rows, place = np.unique(np.concatenate([led_to[0], led_from[0]]), return_inverse=True)
    scores = np.bincount(place, np.concatenate([led_to[1], led_from[1]]), len(rows)).astype(np.float32)
    order = np.argsort(-scores, kind="stable")
    return rows[order].astype(np.int64), scores[order]

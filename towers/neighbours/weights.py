"""Item-to-item weights: how much a past item speaks for every other item."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from pharos.classics.linear import linear_weights
from pharos.towers.histories.sequences import Sequences
from pharos.towers.neighbours.pairs import Pairs, damped
from pharos.towers.neighbours.settings import NeighbourSettings
from pharos.towers.sparse import empty

_LONGEST = 500
"""The newest events of a history that make the query."""


@dataclass(frozen=True)
class Neighbours:
    """Item-to-item weights: float32 CSR [items, items], past items as rows, candidates as columns. fade: the decay."""

    weights: sp.csr_matrix
    fade: float | None

    def query_row(self, history: npt.NDArray[np.int64]) -> sp.csr_matrix:
        """A history as a query row, float32 CSR [1, items]; its product with the weights scores the candidates.

        history: int64 [l], rows of past items, the oldest first, -1 for those that training did not see.
        """
        items, shares = self.entries(history)
        return sp.csr_matrix((shares, items, [0, len(items)]), (1, self.weights.shape[0]))

    def entries(self, history: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """The query as item codes, ascending, and the weight of each."""
        recent = history[-_LONGEST:]
        age = np.arange(len(recent), dtype=np.float32)[::-1]
        shares = np.exp(-age / np.float32(self.fade)) if self.fade else np.ones(len(recent), np.float32)
        known = recent >= 0
        items, place = np.unique(recent[known], return_inverse=True)
        return items, np.bincount(place, shares[known], len(items)).astype(np.float32)


@dataclass(frozen=True)
class NeighbourPairs:
    """What all configurations are counted from. counts: float64 [items], of events."""

    pairs: Pairs
    counts: npt.NDArray[np.float64]

    @classmethod
    def of(cls, sequences: Sequences, items: int) -> Self:
        """Sort the training events."""
        counts = np.bincount(sequences.item, minlength=items).astype(np.float64)
        return cls(Pairs(sequences, items), counts)

    def neighbours(self, settings: NeighbourSettings) -> Neighbours:
        """The weights of one configuration."""
        items = self.pairs.items
        total = self._counted(settings) if settings.following or settings.together else empty(items, items)
        if settings.linear:
            model = linear_weights(self.pairs.owned, settings.penalty, settings.kept)
            total = model if not total.nnz else _unit(total) + settings.linear * _unit(model)
        return Neighbours(sp.csr_matrix(total, dtype=np.float32), settings.fade)

    def _counted(self, settings: NeighbourSettings) -> sp.csr_matrix:
        """The damped counts of pairs, of which the `kept` strongest into each item: float32 CSR [items, items]."""
        scale, into = (self.counts + settings.damping) ** -0.5, [empty(0, self.pairs.items)]
        for block in self.pairs.blocks():
            counts = settings.following * block.before + settings.together * block.together
            into.append(damped(counts, block.items, scale, settings.kept))
        return sp.csr_matrix(sp.vstack(into, format="csr").T)


def _unit(weights: sp.csr_matrix) -> sp.csr_matrix:
    """Scale weights so that the strongest one into an item is 1 on average, and two kinds can be added."""
    highest = np.asarray(weights.max(axis=0).toarray()).ravel()
    typical = float(highest[highest > 0].mean()) if (highest > 0).any() else 1.0
    return sp.csr_matrix(weights / typical)

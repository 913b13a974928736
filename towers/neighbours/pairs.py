"""Counts of item pairs in user histories, a block of items at a time: unordered (together) and sequential."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from pharos.towers.histories.sequences import Sequences
from pharos.towers.sparse import empty, strongest

REACH = 20
"""How many events after an item still follow it; the k-th counts 1 / k (Ludewig and Jannach, 2018)."""

LONGEST = 500
"""Only so many newest events of a person make pairs, or one person would make a million.

So an event makes at most 500 of them, however many people there are. Fewer would be quicker, and worse: see "How much
of a history makes pairs" in docs/experiments.md.
"""

_BLOCK = 16_000_000
"""Pairs in a block: some 400 MB while they are added up."""


@dataclass(frozen=True)
class Block:
    """The pairs of some consecutive items. items: which.

    after, before: float32 CSR [block, n], how often each of all n items comes within a few events after or before
    these; together: float32 CSR [block, n], how many users have both, 0 for an item with itself.
    """

    items: slice
    after: sp.csr_matrix
    before: sp.csr_matrix
    together: sp.csr_matrix


class Pairs:
    """The pairs of n items. They grow far faster than the events do, so that only a block of them is ever held."""

    def __init__(self, sequences: Sequences, items: int) -> None:
        """Sort the events by item. items: n. owned: float32 CSR [users, n], ones for the events that make pairs."""
        self.items = items
        self._rows, self._owners = newest(sequences, LONGEST)
        self._by_item = np.argsort(self._rows, kind="stable").astype(np.int32)
        self._begins = np.append(0, np.cumsum(np.bincount(self._rows, minlength=items)))
        ones = np.ones(len(self._rows), np.float32)
        self.owned = sp.csr_matrix((ones, (self._owners, self._rows)), (len(sequences.offsets) - 1, items))
        self._latest: Block | None = None

    @property
    def events(self) -> npt.NDArray[np.int64]:
        """How many of the events that make pairs each item has: int64 [n]."""
        return np.diff(self._begins)

    def blocks(self) -> Iterator[Block]:
        """All pairs, one block after the other; where there is only one, it is counted once and kept."""
        lengths = self.owned.getnnz(axis=1).astype(np.float64)
        pairs = np.cumsum(self.owned.T @ lengths + 2 * REACH * self.events)
        ends = np.searchsorted(pairs, np.arange(_BLOCK, pairs[-1] if self.items else 0, _BLOCK), "right")
        bounds = np.unique([0, *ends.tolist(), self.items]).tolist()
        for start, stop in pairwise(bounds):
            if self._latest is None or self._latest.items != slice(start, stop):
                self._latest = None  # first, so that there are never two
                self._latest = self._block(start, stop)
            yield self._latest

    def _block(self, start: int, stop: int) -> Block:
        together = (self._people_of(start, stop) @ self.owned).tocsr()
        together.setdiag(0, k=start)
        together.eliminate_zeros()
        return Block(slice(start, stop), self._sequential(start, stop, 1), self._sequential(start, stop, -1), together)

    def _people_of(self, start: int, stop: int) -> sp.csr_matrix:
        """Who has some items: float32 CSR [stop - start, users]. Columns of `owned` would cost all its entries."""
        begins = self._begins[start : stop + 1]
        people = self._owners[self._by_item[begins[0] : begins[-1]]]
        ones, shape = np.ones(len(people), np.float32), (stop - start, self.owned.shape[0])
        return sp.csr_matrix((ones, people, begins - begins[0]), shape)

    def _sequential(self, start: int, stop: int, direction: int) -> sp.csr_matrix:
        """What comes after (direction 1) or before (-1) the events of some items: float32 CSR [stop - start, n]."""
        places = self._by_item[self._begins[start] : self._begins[stop]]
        shape = (stop - start, self.items)
        own, other, shares = [], [], []
        for lag in range(1, REACH + 1):
            # A place beyond either end is brought back, and then it is not `lag` away.
            there = np.clip(places + direction * lag, 0, len(self._rows) - 1)
            same = (self._owners[there] == self._owners[places]) & (np.abs(there - places) == lag)
            own.append(self._rows[places[same]] - np.int32(start))
            other.append(self._rows[there[same]])
            shares.append(np.full(len(own[-1]), 1 / lag, np.float32))
        if not sum(map(len, own)):
            return empty(*shape)
        entries = (np.concatenate(own), np.concatenate(other))
        return sp.csr_matrix((np.concatenate(shares), entries), shape)


def damped(counts: sp.csr_matrix, items: slice, scale: npt.NDArray[np.floating], kept: int) -> sp.csr_matrix:
    """Counts times the scales of both items, of which the `kept` largest of each item of the block stay.

    counts: CSR [block, n]; items: those of the block; scale: [n]. Returns float32 CSR [block, n].
    """
    scaled = sp.csr_matrix(sp.diags(scale[items]) @ counts @ sp.diags(scale))
    return strongest(scaled, kept).astype(np.float32)


def newest(sequences: Sequences, longest: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Item row and user number of each event, with long histories cut to their newest events."""
    length = np.diff(sequences.offsets)
    owners = np.repeat(np.arange(len(length), dtype=np.int32), length)
    if length.max(initial=0) <= longest:
        return sequences.item, owners
    kept = np.repeat(sequences.offsets[1:], length) - np.arange(len(sequences)) <= longest
    return sequences.item[kept], owners[kept]

"""Co-occurrence of items, unordered and sequential, as sparse tables of which a few rows are read at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from pharos.towers.neighbours.pairs import Pairs, damped

_KEPT = 200
"""The strongest neighbours kept per item."""

_DAMPING = 10.0
"""Events added to every item, so that a pair seen once is not a strong one."""


_NO_ITEMS = np.zeros(0, np.int32)


@dataclass(frozen=True)
class Cooccurrence:
    """Weights from item to item as compressed rows. starts: int64 [n + 1]; items: int32 [e]; weights: float32 [e]."""

    starts: npt.NDArray[np.int64]
    items: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]

    @classmethod
    def of(cls, pairs: Pairs) -> tuple[Self, Self]:
        """Two tables: which items go together, and which follow.

        The first holds the cosine similarity of the user sets of two items, the second how often an item comes within a
        few events after another, both damped for items with few events.
        """
        scale = (pairs.events + _DAMPING) ** -0.5
        together, following = list[sp.csr_matrix](), list[sp.csr_matrix]()
        for block in pairs.blocks():
            together.append(damped(block.together, block.items, scale, _KEPT))
            following.append(damped(block.after, block.items, scale, _KEPT))
        return cls._joined(together), cls._joined(following)

    @classmethod
    def _joined(cls, blocks: Sequence[sp.csr_matrix]) -> Self:
        starts = np.append(0, np.cumsum(np.concatenate([block.getnnz(axis=1) for block in blocks])))
        items, weights = (np.concatenate([getattr(block, part) for block in blocks]) for part in ("indices", "data"))
        return cls(starts.astype(np.int64), items.astype(np.int32), weights.astype(np.float32))

    def sums(
        self,
        history: npt.NDArray[np.int64],
        shares: npt.NDArray[np.float32],
        candidates: npt.NDArray[np.int64],
    ) -> npt.NDArray[np.float32]:
        """For each candidate the summed weights from the history items: float32 [n, c].

        history: int64 [l], candidates: int64 [n], rows of items, -1 for items that training did not see;
        shares: float32 [l, c], what each history item counts in each of c sums.
        """
        known = history >= 0
        history, shares = history[known], shares[known]
        begin, end = self.starts[history], self.starts[history + 1]
        until = np.cumsum(end - begin)
        # Slices one by one: an index of all entries would be larger than what it selects.
        rows = [self.items[low:high] for low, high in zip(begin.tolist(), end.tolist(), strict=True)]
        place = np.full(len(self.starts), -1, np.int32)  # one more, so that the row -1 has a place too
        place[candidates] = np.arange(len(candidates))
        place[-1] = -1
        found = place[np.concatenate([_NO_ITEMS, *rows])]
        # Few of the entries are candidates: what they weigh, and for which event, is looked up for these alone.
        hit = np.flatnonzero(found >= 0)
        event = np.searchsorted(until, hit, "right")
        found, weight, share = found[hit], self.weights[hit + (end - until)[event]], shares[event]
        columns = [np.bincount(found, weight * part, len(candidates)) for part in share.T]
        return np.stack(columns, axis=1).astype(np.float32)

    def arrays(self, name: str) -> dict[str, npt.NDArray[np.generic]]:
        """The table as named arrays, to be saved."""
        return {f"{name}_starts": self.starts, f"{name}_items": self.items, f"{name}_weights": self.weights}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]], name: str) -> Self:
        """The inverse of `arrays`."""
        return cls(*(arrays[f"{name}_{part}"] for part in ("starts", "items", "weights")))  # type: ignore[arg-type]

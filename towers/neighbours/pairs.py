"""Counts of item pairs in user histories: unordered (together) and sequential (following)."""

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from pharos.towers.histories.sequences import Sequences
from pharos.towers.sparse import empty

REACH = 20
"""How many events after an item still follow it; the k-th counts 1 / k (Ludewig and Jannach, 2018)."""

LONGEST = 500
"""Only so many newest events of a person make pairs, or one person would make a million."""

_MOST_PAIRS = 200_000_000
"""Pairs of one table that fit into memory; above, the longest histories count with fewer of their newest events."""


def following(sequences: Sequences, items: int) -> sp.csr_matrix:
    """How often the second item comes within a few events after the first: float32 CSR [items, items]."""
    rows, owners = newest(sequences, LONGEST)
    total = empty(items, items)
    for lag in range(1, min(REACH, len(rows) - 1) + 1):
        same = owners[:-lag] == owners[lag:]
        shares = np.full(int(same.sum()), 1 / lag, np.float32)
        total = total + sp.csr_matrix((shares, (rows[:-lag][same], rows[lag:][same])), (items, items))
    return total


def together(known: sp.csr_matrix) -> sp.csr_matrix:
    """How many users have both items, with a diagonal of zeros: float32 CSR [items, items]."""
    counts = (known.T @ known).tocsr()
    counts.setdiag(0)
    counts.eliminate_zeros()
    return counts


def owned(sequences: Sequences, items: int) -> sp.csr_matrix:
    """The user-item matrix: float32 CSR [users, items] of ones; long histories are cut to their newest events."""
    length = np.diff(sequences.offsets)
    longest = LONGEST
    while (np.minimum(length, longest).astype(np.float64) ** 2).sum() > _MOST_PAIRS and longest > 10:
        longest //= 2
    rows, owners = newest(sequences, longest)
    return sp.csr_matrix((np.ones(len(rows), np.float32), (owners, rows)), (len(length), items))


def newest(sequences: Sequences, longest: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Item row and user number of each event, with long histories cut to their newest events."""
    length = np.diff(sequences.offsets)
    owners = np.repeat(np.arange(len(length)), length)
    from_end = np.repeat(sequences.offsets[1:], length) - np.arange(len(sequences))
    kept = from_end <= longest
    return sequences.item[kept].astype(np.int64), owners[kept]

"""Sequential neighbours: items that other users turn to after the user's latest items (Ludewig and Jannach, 2018)."""

from dataclasses import dataclass, replace
from itertools import product
from typing import ClassVar, Self

import numpy as np
from scipy.sparse import csr_matrix, diags_array

from pharos.classics.base import Capabilities, Classic
from pharos.classics.data import Floats, Histories, Need, RankingData, Sequences
from pharos.classics.scorers import ItemSimilarity
from pharos.classics.scoring import Codes

_REACH = 20
"""How many events after an item still follow it; the k-th counts 1 / k."""

_LONGEST = 500
"""Only so many newest events of a user make pairs, or one user would make a million."""


@dataclass(frozen=True)
class SequentialNeighbours(Classic):
    """Sequential rules (https://doi.org/10.1007/s11257-018-9209-6) mixed with item neighbours.

    score(u, j) = sum over the items i of u of exp(-k_i / fade) s(i, j), with
    s(i, j) = (sum over i before j of 1 / distance + together * users of both) / sqrt((n_i + damping) (n_j + damping)).
    In words: the sum, over the user's history, of how often an item came soon after the item there, plus `together`
    times how many users have both, divided by the roots of how often either item occurs; n counts users, k events from
    the history's end.

    damping: events that every item is granted, so that a pair seen once is no strong one. fade: the k-th event from the
    end of the history counts exp(-k / fade); all count alike where it is None. together: as above, 0 for order alone.
    """

    name: ClassVar[str] = "Sequential neighbours"
    summary: ClassVar[str] = "items that others chose after the latest ones"
    can: ClassVar[Capabilities] = Capabilities(unknown_users=True, explanations=True)
    needs: ClassVar[frozenset[Need]] = frozenset({Need.ORDER})

    damping: float = 10.0
    fade: float | None = 2.0
    together: float = 0.5

    @classmethod
    def grid(cls) -> tuple["SequentialNeighbours", ...]:
        settings = product((0.5, 1.0, 0.25, 0.0), (10.0, 50.0, 1.0), (2.0, 5.0, 10.0, None, 1.0))
        return tuple(cls(damping, fade, together) for together, damping, fade in settings)

    def fit(self, data: RankingData) -> "FadedSimilarity":
        """Fit on `data.sequences`; answer with `data.history_sequences` if there are any. Raises ValueError without."""
        learnt, asked = data.sequences, data.history_sequences
        if learnt is None or asked is None:
            raise ValueError("sequential neighbours need the order of events, and these data have none")
        faded = _faded(asked, self.fade, data.histories.shape)
        return FadedSimilarity(faded, self._similarity(learnt, data.matrix), self.fade)

    def _similarity(self, sequences: Sequences, matrix: csr_matrix) -> csr_matrix:
        """From the item that a user had to the one that follows: csr float32 [items, items]."""
        recent = _newest(sequences)
        similarity = following(recent, matrix.shape[1])
        if self.together:
            similarity = similarity + self.together * _together(recent, matrix.shape)
        occurrences = np.asarray(matrix.sum(axis=0), dtype=np.float64).ravel()
        scale = diags_array((occurrences + self.damping) ** -0.5)
        return csr_matrix(scale @ similarity @ scale, dtype=np.float32)


@dataclass(frozen=True)
class FadedSimilarity(ItemSimilarity):
    """Item similarities, with older events of a history weighted less. fade: as in `SequentialNeighbours`."""

    fade: float | None

    def for_histories(self, histories: Histories) -> Self:
        if histories.sequences is None:
            raise ValueError("sequential neighbours need the order of events, and these histories have none")
        return replace(self, histories=_faded(histories.sequences, self.fade, histories.matrix.shape))


def following(sequences: Sequences, items: int) -> csr_matrix:
    """The sum of 1 / distance over a user's event pairs up to twenty apart: [items, items], earlier to later."""
    users, codes = sequences.users, sequences.items
    firsts, seconds, weights = [codes[:0]], [codes[:0]], [np.zeros(0)]
    for lag in range(1, min(_REACH, len(codes) - 1) + 1):
        same = users[:-lag] == users[lag:]
        firsts.append(codes[:-lag][same])
        seconds.append(codes[lag:][same])
        weights.append(np.full(len(firsts[-1]), 1 / lag))
    return _cells(np.concatenate(firsts), np.concatenate(seconds), np.concatenate(weights), (items, items))


def _together(sequences: Sequences, shape: tuple[int, int]) -> csr_matrix:
    """How many users have two items, [items, items], with a diagonal of zeros."""
    owned = _cells(sequences.users, sequences.items, np.ones(len(sequences)), shape)
    pairs = csr_matrix(owned.T @ owned)
    return csr_matrix(pairs - diags_array(pairs.diagonal()))


def _faded(sequences: Sequences, fade: float | None, shape: tuple[int, int]) -> csr_matrix:
    """The weight of each history event: csr float32 [users, items]."""
    place = sequences.from_end()
    weights = np.ones(len(place)) if fade is None else np.exp(-place / fade)
    return _cells(sequences.users, sequences.items, weights, shape)


def _newest(sequences: Sequences) -> Sequences:
    kept = sequences.from_end() < _LONGEST
    return Sequences(sequences.users[kept], sequences.items[kept])


def _cells(rows: Codes, columns: Codes, values: Floats, shape: tuple[int, int]) -> csr_matrix:
    return csr_matrix((values.astype(np.float32), (rows, columns)), shape=shape)

"""Candidate generation in memory, by all sources, for many users: used in training, evaluation and the Python API."""

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp

from pharos.ingest.columns import Columns
from pharos.towers.histories.queries import UserQuery
from pharos.towers.retrieval.two_towers import TwoTowers
from pharos.towers.sources.learnt import Sources
from pharos.towers.sources.merging import DEPTH, Floats, Rows, merge

_AT_ONCE = 256
_MOST_SCORES = 1 << 24
"""Scores of all items for as many users as fit into this many numbers are computed at once."""
_DENSE_GAIN = 8
"""How many products of a dense row are computed in the time of one of two sparse rows."""

List = tuple[Rows, Floats]
"""The items of one source, int64 [m], and their scores, float32 [m], best first."""


@dataclass(frozen=True)
class Candidates:
    """The merged candidates of one user, best first.

    rows: int64 [m], of the items; parts: float32 [m, SOURCES], scaled scores; score: float32 [m], merged.
    user: float32 [d], the person's vector.
    """

    rows: Rows
    parts: Floats
    score: Floats
    user: Floats

    def first(self, count: int) -> "Candidates":
        """The best candidates."""
        return Candidates(self.rows[:count], self.parts[:count], self.score[:count], self.user)


class Retriever:
    """Candidate generation over n items."""

    def __init__(
        self,
        towers: TwoTowers,
        sources: Sources,
        items: pd.DataFrame,
        text: npt.NDArray[np.float32] | None,
        *,
        vectors: Floats | None = None,
    ) -> None:
        """items, text: as `TwoTowers.item_vectors` takes them. vectors: what that gives, where it is known already."""
        self.towers, self.sources = towers, sources
        self.vectors = towers.item_vectors(items, text) if vectors is None else vectors
        rows = sources.item_rows(items)
        self._neighbours = rows.neighbours.T.tocsr()
        self._content = sources.taste.read(rows.content)
        self._items_with = np.bincount(self._content.indices, minlength=self._content.shape[1])
        codes = sources.spec.items.codes(items[Columns.ITEM])
        self.new: npt.NDArray[np.bool_] = np.asarray(codes == 0)

    def candidates(
        self,
        queries: Sequence[UserQuery],
        seen: Sequence[Rows],
        *,
        allowed: npt.NDArray[np.bool_] | None = None,
        depth: int = DEPTH,
    ) -> Iterator[Candidates]:
        """The merged candidates of each query.

        seen: for each the rows that are left out; allowed: bool [n], None for all items; depth: of each list.
        """
        for start in range(0, len(queries), _AT_ONCE):
            block = queries[start : start + _AT_ONCE]
            users = self.towers.user_vectors(block)
            lists = self.lists(block, users, seen[start : start + _AT_ONCE], allowed, depth)
            for user, own in zip(users, lists, strict=True):
                rows, parts = merge(own)
                merged = self.sources.weights.merged(parts, self.new[rows])
                order = np.argsort(-merged, kind="stable")
                yield Candidates(rows[order], parts[order], merged[order], user)

    def with_neighbours(self, sources: Sources, items: pd.DataFrame) -> "Retriever":
        """The same retriever with the neighbours of other sources. items: those of this one."""
        other = copy(self)
        other.sources, other._neighbours = sources, sources.item_neighbours(items).T.tocsr()
        return other

    def lists(
        self,
        queries: Sequence[UserQuery],
        users: Floats,
        seen: Sequence[Rows],
        allowed: npt.NDArray[np.bool_] | None = None,
        depth: int = DEPTH,
    ) -> list[tuple[List, List, List]]:
        """The lists of all sources for each query. users: float32 [q, d], the user vectors."""
        together = max(1, _MOST_SCORES // max(len(self.vectors), 1))
        rows = [self.sources.rows(query) for query in queries]
        tastes = self.sources.tastes(queries, rows)
        towers, content = list[List](), list[List]()
        for start in range(0, len(queries), together):
            block = slice(start, start + together)
            towers += _dense_lists(users[block] @ self.vectors.T, seen[block], allowed, depth, lowest=-np.inf)
            content += self._content_lists(tastes[block], seen[block], allowed, depth)
        neighbours = self._neighbour_lists(rows, seen, allowed, depth)
        return list(zip(towers, neighbours, content, strict=True))

    def _content_lists(
        self, tastes: sp.csr_matrix, seen: Sequence[Rows], allowed: npt.NDArray[np.bool_] | None, depth: int
    ) -> list[List]:
        products = int(self._items_with[tastes.indices].sum())
        if _DENSE_GAIN * products < self._content.nnz * len(seen):
            return _sparse_lists(tastes @ self._content.T, seen, allowed, depth)
        # Labels are had by so many items that nearly all have a score: rows of all users side by side are faster.
        scores = np.ascontiguousarray((self._content @ tastes.T.toarray()).T)
        return _dense_lists(scores, seen, allowed, depth, lowest=0)

    def neighbour_lists(
        self,
        queries: Sequence[UserQuery],
        seen: Sequence[Rows],
        allowed: npt.NDArray[np.bool_] | None = None,
        depth: int = DEPTH,
    ) -> list[List]:
        """The list of the neighbours alone for each query."""
        return self._neighbour_lists([self.sources.rows(query) for query in queries], seen, allowed, depth)

    def _neighbour_lists(
        self, rows: Sequence[Rows], seen: Sequence[Rows], allowed: npt.NDArray[np.bool_] | None, depth: int
    ) -> list[List]:
        asked = self.sources.ask_neighbours_of_many(rows)
        return _sparse_lists(asked @ self._neighbours, seen, allowed, depth)


def _dense_lists(
    scores: Floats, seen: Sequence[Rows], allowed: npt.NDArray[np.bool_] | None, depth: int, *, lowest: float
) -> list[List]:
    """The best items for each user by the scores of all items, float32 [q, n], which are overwritten.

    Items with a score of `lowest` are left out.
    """
    if allowed is not None:
        scores[:, ~allowed] = lowest
    lists = []
    for own, left_out in zip(scores, seen, strict=True):
        own[left_out] = lowest
        rows = _candidates(own, depth, lowest)
        lists.append(_best(rows, own[rows], depth))
    return lists


def _sparse_lists(
    scores: sp.csr_matrix, seen: Sequence[Rows], allowed: npt.NDArray[np.bool_] | None, depth: int
) -> list[List]:
    """The best items of one source for each row of scores, float32 CSR [q, n].

    Items of score 0, which have no connection to the user, are left out.
    """
    lists, shown = [], np.ones(scores.shape[1], bool) if allowed is None else allowed
    for place, left_out in enumerate(seen):
        entries = slice(scores.indptr[place], scores.indptr[place + 1])
        own = shown.copy()
        own[left_out] = False
        values = scores.data[entries] * own[scores.indices[entries]]
        best = _candidates(values, depth, 0)
        lists.append(_best(scores.indices[entries][best].astype(np.int64), values[best], depth))
    return lists


def _candidates(scores: Floats, depth: int, lowest: float) -> Rows:
    """Where the `depth` best scores above `lowest` are, ascending, and a few more: int64 [m].

    A bound that `depth` scores reach comes from the highest of each of some groups: to find the depth-th score itself
    takes ten times as long.
    """
    groups, bound = 4 * depth, lowest
    if len(scores) > groups:
        size = len(scores) // groups
        highest = scores[: size * groups].reshape(size, groups).max(axis=0)
        bound = max(bound, np.partition(highest, groups - depth)[groups - depth])
    return np.flatnonzero(scores >= bound if bound > lowest else scores > lowest)


def _best(rows: Rows, scores: Floats, depth: int) -> List:
    # Of equal scores the earlier item comes first, whatever the order they were found in.
    order = np.lexsort((rows, -scores))[:depth]
    return rows[order], scores[order]

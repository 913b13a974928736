"""All sources over items in memory: what the index does for one person, for many, in training and evaluation."""

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp

from ingest.columns import Columns
from towers.content.products import narrowed
from towers.histories.queries import UserQuery
from towers.retrieval.two_towers import TwoTowers
from towers.sources.learnt import Sources
from towers.sources.merging import DEPTH, TOWER, Floats, Rows, merge

_AT_ONCE = 256


@dataclass(frozen=True)
class Candidates:
    """What all sources found for one person, best first.

    rows: int64 [m], of the items; parts: float32 [m, SOURCES], scaled scores; score: float32 [m], merged.
    user: float32 [d], the person's vector.
    """

    rows: Rows
    parts: Floats
    score: Floats
    user: Floats

    def first(self, count: int) -> "Candidates":
        """The best of them."""
        return Candidates(self.rows[:count], self.parts[:count], self.score[:count], self.user)


class Retriever:
    """The sources over n items."""

    def __init__(
        self, towers: TwoTowers, sources: Sources, items: pd.DataFrame, text: npt.NDArray[np.float32] | None
    ) -> None:
        """items, text: as `TwoTowers.item_vectors` takes them."""
        self.towers, self.sources = towers, sources
        self.vectors = towers.item_vectors(items, text)
        rows = sources.item_rows(items)
        self._neighbours = rows.neighbours.T.tocsr()
        self._columns = np.unique(rows.content.indices)
        self._content = narrowed(rows.content, self._columns).T.tocsr()
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
        """For each query the candidates of all sources.

        seen: for each the rows that are left out; allowed: bool [n], None for all items; depth: of each list.
        """
        for start in range(0, len(queries), _AT_ONCE):
            block = queries[start : start + _AT_ONCE]
            users = self.towers.user_vectors(block)
            tables = self._tables(block, users)
            for row, own in enumerate(seen[start : start + _AT_ONCE]):
                yield self._merged([table[row] for table in tables], users[row], own, allowed, depth)

    def with_neighbours(self, sources: Sources, items: pd.DataFrame) -> "Retriever":
        """The same with the neighbours of other sources; items: those that it was made with."""
        other = copy(self)
        other.sources, other._neighbours = sources, sources.item_neighbours(items).T.tocsr()
        return other

    def tables(self, queries: Sequence[UserQuery]) -> list[Floats]:
        """Each source's scores of all items: float32 [q, n]."""
        return self._tables(queries, self.towers.user_vectors(queries))

    def neighbour_table(self, queries: Sequence[UserQuery]) -> Floats:
        """The scores of the neighbours alone: float32 [q, n]."""
        nothing = sp.csr_matrix((0, self._neighbours.shape[0]), dtype=np.float32)
        asked = sp.vstack([nothing, *map(self.sources.ask_neighbours, queries)], format="csr")
        return np.asarray((asked @ self._neighbours).toarray(), np.float32)

    def _tables(self, queries: Sequence[UserQuery], users: Floats) -> list[Floats]:
        content = np.asarray((self._tastes(queries) @ self._content).toarray(), np.float32)
        return [users @ self.vectors.T, self.neighbour_table(queries), content]

    def _tastes(self, queries: Sequence[UserQuery]) -> sp.csr_matrix:
        if not len(self._columns):
            return sp.csr_matrix((len(queries), 0), dtype=np.float32)
        return sp.vstack([narrowed(self.sources.ask_content(query), self._columns) for query in queries], format="csr")

    def _merged(
        self, scores: list[Floats], user: Floats, seen: Rows, allowed: npt.NDArray[np.bool_] | None, depth: int
    ) -> Candidates:
        lists = [source_list(row, source, seen, allowed, depth) for source, row in enumerate(scores)]
        rows, parts = merge(lists)
        merged = self.sources.weights.merged(parts, self.new[rows])
        order = np.argsort(-merged, kind="stable")
        return Candidates(rows[order], parts[order], merged[order], user)


def source_list(
    scores: Floats, source: int, seen: Rows, allowed: npt.NDArray[np.bool_] | None, depth: int
) -> tuple[Rows, Floats]:
    """The best items of one source, their rows and scores, best first; `scores`, float32 [n], are overwritten."""
    scores[seen] = -np.inf
    if allowed is not None:
        scores[~allowed] = -np.inf
    # A source that knows of no connection between person and item has nothing to say of the item.
    return best(scores, depth, above=-np.inf if source == TOWER else 0.0)


def best(scores: Floats, count: int, above: float) -> tuple[Rows, Floats]:
    """The rows and scores of the highest of `scores` that are above a value, best first."""
    rows = np.argpartition(-scores, count - 1)[:count] if count < len(scores) else np.arange(len(scores))
    rows = rows[np.argsort(-scores[rows], kind="stable")]
    rows = rows[scores[rows] > above]
    return rows.astype(np.int64), scores[rows]

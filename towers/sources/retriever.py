"""All sources over items in memory: what the index does for one person, for many, in training and evaluation."""

from collections.abc import Iterator, Sequence
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

    def _tables(self, queries: Sequence[UserQuery], users: Floats) -> list[Floats]:
        tables = [users @ self.vectors.T]
        for asked, rows in (
            (self._asked_neighbours(queries), self._neighbours),
            (self._tastes(queries), self._content),
        ):
            tables.append(np.asarray((asked @ rows).toarray(), np.float32))
        return tables

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

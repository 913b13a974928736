"""What the other sources know: item-to-item weights and content, with the weights of all sources."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp

from pharos.ingest.columns import Columns
from pharos.towers.content.encoder import COLUMNS, ContentEncoder
from pharos.towers.content.products import products
from pharos.towers.content.taste import LONGEST, Taste
from pharos.towers.histories.queries import UserQuery
from pharos.towers.histories.sequences import Sequences
from pharos.towers.neighbours.settings import NeighbourSettings
from pharos.towers.neighbours.weights import NeighbourPairs, Neighbours
from pharos.towers.retrieval.inputs import InputSpec
from pharos.towers.sources.merging import MergeWeights
from pharos.towers.sparse import empty, rows_at

_ALIKE = 30
"""Known items by whose weights a new one is placed, the most alike by content."""

_BLOCK = 64


@dataclass(frozen=True)
class ItemRows:
    """What the index holds of n items beside dense vectors.

    neighbours: float32 CSR [n, known items], the weights from each known item; content: float32 CSR [n, COLUMNS].
    """

    neighbours: sp.csr_matrix
    content: sp.csr_matrix


@dataclass(frozen=True)
class Sources:
    """Neighbours and content, learnt from the items of `spec`, with the weights of all sources.

    content: float32 CSR [items, COLUMNS], the training catalogue's; settings: what the neighbours are made of.
    """

    spec: InputSpec
    neighbours: Neighbours
    encoder: ContentEncoder
    taste: Taste
    content: sp.csr_matrix
    weights: MergeWeights
    settings: NeighbourSettings

    @classmethod
    def fit(
        cls,
        spec: InputSpec,
        items: pd.DataFrame,
        events: pd.DataFrame,
        settings: NeighbourSettings,
        weights: MergeWeights,
    ) -> Self:
        """From training events; items: typed rows, those of the specification among them."""
        sequences = known_sequences(spec, events)
        neighbours = NeighbourPairs.of(sequences, len(spec.items)).neighbours(settings)
        encoder, content = encoded(spec, items)
        return cls(spec, neighbours, encoder, Taste.fit(content, encoder), content, weights, settings)

    def item_rows(self, items: pd.DataFrame) -> ItemRows:
        """Of n items, typed rows as in pharos.ingest.dataset.Dataset."""
        content = self.encoder.encode(items, self.spec.schema.items)
        return ItemRows(self._neighbours_of(items, content), content)

    def item_neighbours(self, items: pd.DataFrame) -> sp.csr_matrix:
        """The neighbours alone; content is only read where an item is new."""
        return self._neighbours_of(items, None)

    def _neighbours_of(self, items: pd.DataFrame, content: sp.csr_matrix | None) -> sp.csr_matrix:
        """New items are placed by the known ones that they are like."""
        codes = self.spec.items.codes(items[Columns.ITEM]).astype(np.int64) - 1
        known, new = np.flatnonzero(codes >= 0), np.flatnonzero(codes < 0)
        if not len(new):
            return self._incoming[codes]
        written = self.encoder.encode(items.iloc[new], self.spec.schema.items) if content is None else content[new]
        joined = sp.vstack([self._incoming[codes[known]], self.alike(written) @ self._incoming], format="csr")
        return joined[np.argsort(np.concatenate([known, new]))]

    def alike(self, content: sp.csr_matrix) -> sp.csr_matrix:
        """For n rows of content the known items most like each, float32 CSR [n, items], 1 in a row or nothing."""
        blocks = [empty(0, len(self.spec.items))]
        for start in range(0, content.shape[0], _BLOCK):
            cosines = products(content[start : start + _BLOCK], self.content)
            if cosines.shape[1] > _ALIKE:
                least = np.partition(cosines, -_ALIKE, axis=1)[:, -_ALIKE][:, None]
                cosines = np.where(cosines >= least, cosines, 0)
            total = cosines.sum(axis=1, keepdims=True)
            blocks.append(sp.csr_matrix(cosines / np.maximum(total, 1e-9)))
        return sp.vstack(blocks, format="csr", dtype=np.float32)

    def neighbour_entries(self, rows: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """The same as `ask_neighbours` as dimensions, ascending, and values; rows: the history's, see `rows`."""
        return self.neighbours.entries(rows)

    def content_entries(
        self, query: UserQuery, rows: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """The same as `ask_content` as dimensions, ascending, and values; rows: the history's, see `rows`."""
        taste = self._taste(query, rows)
        return taste.indices.astype(np.int64) + self.taste.first, taste.data

    def ask_neighbours(self, query: UserQuery) -> sp.csr_matrix:
        """The history as the index's `neighbours` are asked with: float32 CSR [1, known items]."""
        return self.neighbours.asked_with(self.rows(query))

    def ask_content(self, query: UserQuery) -> sp.csr_matrix:
        """The person's taste as the index's `content` is asked with: float32 CSR [1, COLUMNS].

        Items that training did not see count by the rows that the query brings.
        """
        return self._widened(self.taste_of(query))

    def taste_of(self, query: UserQuery) -> sp.csr_matrix:
        """The same without the columns that no taste has: float32 CSR [1, columns that tastes have]."""
        return self._taste(query, self.rows(query))

    def _taste(self, query: UserQuery, rows: npt.NDArray[np.int64]) -> sp.csr_matrix:
        rows = rows[-LONGEST:]
        if (rows >= 0).all():
            return self.taste.weights(rows_at(self._read, rows), rows_at(self._scaled, rows))
        nothing = empty(1, COLUMNS)
        past = [
            self._read[row] if row >= 0 else self.taste.read(query.new_content.get(event.item_id, nothing))
            for row, event in zip(rows, query.history[-LONGEST:], strict=True)
        ]
        read = sp.vstack(past, format="csr")
        return self.taste.weights(read, self.taste.scaled(read))

    def _widened(self, taste: sp.csr_matrix) -> sp.csr_matrix:
        columns = taste.indices.astype(np.int64) + self.taste.first
        return sp.csr_matrix((taste.data, columns, taste.indptr), shape=(1, COLUMNS))

    def rows(self, query: UserQuery) -> npt.NDArray[np.int64]:
        """The history's items in the training catalogue, int64 [l], -1 for others."""
        return self.spec.items.codes([event.item_id for event in query.history]).astype(np.int64) - 1

    @cached_property
    def _read(self) -> sp.csr_matrix:
        return self.taste.read(self.content)

    @cached_property
    def _scaled(self) -> sp.csr_matrix:
        return self.taste.scaled(self._read)

    @cached_property
    def _incoming(self) -> sp.csr_matrix:
        """For each known item the weights of all others: float32 CSR [items, items]."""
        return self.neighbours.weights.T.tocsr()


def known_sequences(spec: InputSpec, events: pd.DataFrame) -> Sequences:
    """The events on items of the specification; rows are those of its catalogue."""
    catalogue = pd.Index(spec.items.ids)
    return Sequences.of(events[events[Columns.ITEM].isin(catalogue)], catalogue)


def encoded(spec: InputSpec, items: pd.DataFrame) -> tuple[ContentEncoder, sp.csr_matrix]:
    """The content encoder of a training catalogue with its rows."""
    catalogue = items.set_index(Columns.ITEM, drop=False).loc[spec.items.ids]
    encoder = ContentEncoder.fit(catalogue, spec.schema.items)
    return encoder, encoder.encode(catalogue, spec.schema.items)

"""The fitted sources besides the towers: neighbours and content, with the weights of all sources."""

from collections.abc import Sequence
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
from pharos.towers.content.taste import LONGEST, Entries, Taste, entry_weights
from pharos.towers.histories.queries import UserQuery
from pharos.towers.histories.sequences import Sequences
from pharos.towers.neighbours.settings import NeighbourSettings
from pharos.towers.neighbours.weights import NeighbourPairs, Neighbours
from pharos.towers.retrieval.inputs import InputSpec
from pharos.towers.sources.merging import MergeWeights
from pharos.towers.sparse import empty, entries_of, stacked, strongest

_ALIKE = 30
"""The most similar known items, whose weights a new item gets."""

_NEW_ENTRIES = 1024
"""The most weights of a new item, the strongest: the mean over many has thousands, most of them next to nothing."""

_BLOCK = 64


@dataclass(frozen=True)
class ItemRows:
    """The sparse vectors of n items, which the index holds beside the dense ones.

    neighbours: float32 CSR [n, known items], the weights from each known item; content: float32 CSR [n, COLUMNS].
    """

    neighbours: sp.csr_matrix
    content: sp.csr_matrix


@dataclass(frozen=True)
class Sources:
    """Neighbours and content, fitted on the items of `spec`, with the weights of all sources.

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
        """Fit on training events. items: typed rows, among them those of the specification."""
        sequences = known_sequences(spec, events)
        neighbours = NeighbourPairs.of(sequences, len(spec.items)).neighbours(settings)
        encoder, content = encoded(spec, items)
        return cls(spec, neighbours, encoder, Taste.fit(content, encoder), content, weights, settings)

    def item_rows(self, items: pd.DataFrame) -> ItemRows:
        """The sparse vectors of n items, given as typed rows as in pharos.ingest.dataset.Dataset."""
        content = self.encoder.encode(items, self.spec.schema.items)
        return ItemRows(self._neighbours_of(items, content), content)

    def item_neighbours(self, items: pd.DataFrame) -> sp.csr_matrix:
        """The neighbour vectors alone; the content of new items only is encoded."""
        return self._neighbours_of(items, None)

    def _neighbours_of(self, items: pd.DataFrame, content: sp.csr_matrix | None) -> sp.csr_matrix:
        """Neighbour vectors; those of new items are means over the most similar known items."""
        codes = self.spec.items.codes(items[Columns.ITEM]).astype(np.int64) - 1
        known, new = np.flatnonzero(codes >= 0), np.flatnonzero(codes < 0)
        if not len(new):
            return self._incoming[codes]
        written = self.encoder.encode(items.iloc[new], self.spec.schema.items) if content is None else content[new]
        means = strongest(self.most_similar(written) @ self._incoming, _NEW_ENTRIES)
        joined = sp.vstack([self._incoming[codes[known]], means], format="csr")
        return joined[np.argsort(np.concatenate([known, new]))]

    def most_similar(self, content: sp.csr_matrix) -> sp.csr_matrix:
        """The known items most similar to n content rows: float32 CSR [n, items], rows sum to 1 or are empty."""
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
        """`ask_neighbours` as dimensions, ascending, and values. rows: of the history, see `rows`."""
        return self.neighbours.entries(rows)

    def content_entries(
        self, query: UserQuery, rows: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """The query vector for the index's `content`, a user profile, as dimensions, ascending, and values.

        rows: of the history, see `rows`; items that training did not see count by the rows that the query brings.
        """
        rows = rows[-LONGEST:]
        if len(rows) and (rows >= 0).all():
            profile = self._profile_rows
            starts, entry = entries_of(profile, rows)
            past = Entries(profile.indices[entry], starts, profile.data[entry], self._scaled_profile_rows.data[entry])
            columns, weights = entry_weights(past)
            return columns.astype(np.int64) + self.taste.first, weights
        taste = self._taste_with_new(query, rows)
        return taste.indices.astype(np.int64) + self.taste.first, taste.data

    def ask_neighbours(self, query: UserQuery) -> sp.csr_matrix:
        """The query vector for the index's `neighbours`: float32 CSR [1, known items]."""
        return self.neighbours.query_row(self.rows(query))

    def ask_neighbours_of_many(self, rows: Sequence[npt.NDArray[np.int64]]) -> sp.csr_matrix:
        """`ask_neighbours` of n users: float32 CSR [n, known items]. rows: of their histories, see `rows`."""
        return stacked([self.neighbour_entries(own) for own in rows], len(self.spec.items))

    def tastes(self, queries: Sequence[UserQuery], rows: Sequence[npt.NDArray[np.int64]]) -> sp.csr_matrix:
        """The user profiles over those columns alone that profiles use: float32 CSR [n, profile columns].

        rows: of the histories, see `rows`.
        """
        found = (self.content_entries(query, own) for query, own in zip(queries, rows, strict=True))
        return stacked([(columns - self.taste.first, values) for columns, values in found], len(self.taste.spread))

    def _taste_with_new(self, query: UserQuery, rows: npt.NDArray[np.int64]) -> sp.csr_matrix:
        """The user profile where training did not see all of the newest items. rows: of these."""
        nothing = empty(1, COLUMNS)
        past = [
            self._profile_rows[row] if row >= 0 else self.taste.read(query.new_content.get(event.item_id, nothing))
            for row, event in zip(rows, query.history[-LONGEST:], strict=True)
        ]
        read = sp.vstack([empty(0, len(self.taste.spread)), *past], format="csr")
        return self.taste.weights(read, self.taste.scaled(read))

    def rows(self, query: UserQuery) -> npt.NDArray[np.int64]:
        """Rows of the history's items in the training catalogue: int64 [l], -1 for others."""
        return self.spec.items.codes([event.item_id for event in query.history]).astype(np.int64) - 1

    @cached_property
    def _profile_rows(self) -> sp.csr_matrix:
        return self.taste.read(self.content)

    @cached_property
    def _scaled_profile_rows(self) -> sp.csr_matrix:
        return self.taste.scaled(self._profile_rows)

    @cached_property
    def _incoming(self) -> sp.csr_matrix:
        """The weights from all others into each known item: float32 CSR [items, items]."""
        return self.neighbours.weights.T.tocsr()


def known_sequences(spec: InputSpec, events: pd.DataFrame) -> Sequences:
    """The events on items of the specification; rows are those of its catalogue."""
    catalogue = pd.Index(spec.items.ids)
    return Sequences.of(events[events[Columns.ITEM].isin(catalogue)], catalogue)


def encoded(spec: InputSpec, items: pd.DataFrame) -> tuple[ContentEncoder, sp.csr_matrix]:
    """A content encoder fitted on the training catalogue, and its rows."""
    catalogue = items.set_index(Columns.ITEM, drop=False).loc[spec.items.ids]
    encoder = ContentEncoder.fit(catalogue, spec.schema.items)
    return encoder, encoder.encode(catalogue, spec.schema.items)

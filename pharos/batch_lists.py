"""The pipeline over all items of a store, in memory, for many users at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd

from pharos.catalogue import Catalogue, Mask, Rows
from pharos.indexing.filters import Filter, check
from pharos.indexing.index import FloatArray, VectorIndex
from pharos.indexing.table_filters import passing
from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset
from pharos.ingest.schema import Schema
from pharos.people import Profile
from pharos.pipeline import Pipeline, Selection
from pharos.serving.pipeline import Selection as ServerSelection
from pharos.serving.settings import Settings
from pharos.serving.store import Store, StoredPerson
from pharos.stages import Candidate
from pharos.towers.bundle.bundle import Bundle
from pharos.towers.sources.retriever import Retriever


@dataclass(frozen=True)
class StoredItems:
    """The n items of a store that a collection has.

    frame: typed rows; vectors: float32 [n, d], the item tower's; allowed: bool [n], those that lists may have.
    """

    frame: pd.DataFrame
    vectors: FloatArray
    allowed: Mask

    @classmethod
    def read(cls, store: Store, index: VectorIndex, collection: str, filter: Filter) -> Self:
        """Read them from the store and the index. filter: what the items of lists have to pass."""
        items = _all_items(store)
        found = index.vectors(collection, items[Columns.ITEM].tolist())
        items = items[found.present].reset_index(drop=True)
        shown, schema = store.available(items[Columns.ITEM].tolist()), store.schema()
        allowed = np.fromiter((item_id in shown for item_id in items[Columns.ITEM]), np.bool_, len(items))
        if filter.conditions:
            allowed &= passing(check(filter, schema), items, schema)
        return cls(items, found.rows, allowed)

    @classmethod
    def known(cls, store: Store, item_ids: pd.Index, vectors: FloatArray, allowed: Mask) -> Self:
        """Read the rows alone; all else is known. item_ids: str [n]; vectors, allowed: of these."""
        items = _all_items(store)
        place = item_ids.get_indexer(pd.Index(items[Columns.ITEM]))
        items, place = items[place >= 0].reset_index(drop=True), place[place >= 0]
        if np.array_equal(place, np.arange(len(vectors))):
            # Nothing changed: the array stays as it is, so that processes share one that is mapped from a file.
            return cls(items, vectors, allowed)
        return cls(items, vectors[place], allowed[place])


class BatchLists:
    """Recommends to users of a store. items: all there are; asked: the k, diversity and exclusions of every list."""

    def __init__(
        self, store: Store, settings: Settings, bundle: Bundle, items: StoredItems, asked: ServerSelection
    ) -> None:
        self._store, self._asked, self._longest = store, asked, settings.max_history
        self._catalogue = _StoredCatalogue(store, items.frame, store.schema())
        retriever = Retriever(bundle.towers, bundle.sources, items.frame, None, vectors=items.vectors)
        self._pipeline = Pipeline(bundle, self._catalogue, retriever)
        self._selection = Selection(asked.k, items.allowed, self._rows(asked.exclude), diversity=asked.diversity)

    def __call__(self, user_ids: Sequence[str]) -> Iterator[tuple[str, list[Candidate]]]:
        """A list of at most k items for each user; unknown users get popular items."""
        known = self._store.people(user_ids, self._longest)
        people = [self._profile(user_id, person) for user_id, person in zip(user_ids, known, strict=True)]
        lists = self._pipeline.recommend(people, self._selection)
        for person, found in zip(people, lists, strict=True):
            yield str(person.user_id), self._filled(found, person)

    def _profile(self, user_id: str, known: StoredPerson) -> Profile:
        rows = self._catalogue.rows([event.item_id for event in known.history])
        history = tuple(event for event, row in zip(known.history, rows.tolist(), strict=True) if row >= 0)
        return Profile(user_id, history, self._rows(known.seen), known.features)

    def _filled(self, found: list[Candidate], person: Profile) -> list[Candidate]:
        """Fill lists that are too short with popular items."""
        if len(found) >= self._asked.k:
            return found
        hidden = np.concatenate(
            [person.seen, self._selection.exclude, self._catalogue.rows([one.item_id for one in found])]
        )
        more = self._pipeline.popular(self._asked.k - len(found), hidden, self._selection.allowed)
        return [*found, *more]

    def _rows(self, item_ids: "frozenset[str] | Sequence[str]") -> Rows:
        rows = self._catalogue.rows(item_ids)
        return rows[rows >= 0]


class _StoredCatalogue(Catalogue):
    """The items of a store, with the popularity that the store counts."""

    def __init__(self, store: Store, items: pd.DataFrame, schema: Schema) -> None:
        nobody = pd.DataFrame({Columns.USER: pd.Series(dtype="str"), Columns.ITEM: pd.Series(dtype="str")})
        super().__init__(Dataset("store", nobody, items, nobody[[Columns.USER]], replace(schema, has_rating=False)))
        self._store = store

    @cached_property
    def popularity(self) -> "tuple[Rows, np.ndarray]":
        """See Catalogue.popularity."""
        listed = self._store.popular(len(self))
        rows = self.rows([item.item_id for item in listed])
        scores = np.array([item.score for item in listed], np.float64)
        return rows[rows >= 0], scores[rows >= 0]


def _all_items(store: Store) -> pd.DataFrame:
    frames = [frame for frame in store.item_frames() if len(frame)]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame({Columns.ITEM: [], "available": []})

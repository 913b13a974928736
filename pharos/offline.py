"""Batch recommendation: lists for all users from the store and the live collection, with the server's results."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
import pandas as pd

from pharos.catalogue import Catalogue, Mask, Rows
from pharos.indexing.filters import Filter
from pharos.indexing.index import VectorIndex
from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset
from pharos.ingest.schema import Schema
from pharos.people import Profile
from pharos.pipeline import Pipeline, Selection
from pharos.serving.index_sync.live_index import Generation
from pharos.serving.pipeline import Person
from pharos.serving.pipeline import Selection as ServerSelection
from pharos.serving.service import Service
from pharos.serving.store import Store, StoredPerson
from pharos.stages import Candidate, Source
from pharos.towers.sources.retriever import Retriever

AT_ONCE = 256
"""Users in a batch."""


class OfflineLists:
    """Recommends to many users at once, with every item and vector in memory.

    The lists are those of `Pipeline.recommend` of the server, up to what an approximate index overlooks. Where
    business rules, a share of new items or several variants are set, users are answered one by one, which is exact,
    and slow.
    """

    def __init__(self, service: Service, asked: ServerSelection) -> None:
        """asked: what every list has: its length, filter, diversity, exclusions."""
        self._service, self._asked = service, asked
        settings = service.settings
        share = settings.new_share if asked.new_share is None else asked.new_share
        self.together = not (settings.rules or share or len(settings.live) > 1) and settings.ranker
        if self.together:
            self._lists = _BatchPipeline(service.store, service.index, service.live.current(), asked, service)

    def lists(self, user_ids: Sequence[str]) -> pd.DataFrame:
        """Lists as a table of user_id, rank (from 1), item_id, score, source: at most k rows per user."""
        if self.together:
            return _frame(self._lists(user_ids))
        return _frame(
            (
                user_id,
                [
                    Candidate(item.item_id, item.score, item.source)
                    for item in self._service.pipeline.recommend(Person(user_id), self._asked).items
                ],
            )
            for user_id in user_ids
        )


class _BatchPipeline:
    """The pipeline over all items of a store, in memory."""

    def __init__(
        self, store: Store, index: VectorIndex, generation: Generation, asked: ServerSelection, service: Service
    ) -> None:
        self._store, self._asked, self._settings = store, asked, service.settings
        frames = [frame for frame in store.item_frames() if len(frame)]
        items = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame({Columns.ITEM: [], "available": []})
        found = index.vectors(generation.collection, items[Columns.ITEM].tolist())
        items = items[found.present].reset_index(drop=True)
        self._catalogue = _StoredCatalogue(store, items, store.schema())
        retriever = Retriever(generation.bundle.towers, generation.bundle.sources, items, None, vectors=found.rows)
        self._pipeline = Pipeline(generation.bundle, self._catalogue, retriever)
        self._selection = Selection(
            asked.k, self._allowed(asked.filter), self._rows(asked.exclude), diversity=asked.diversity
        )

    def __call__(self, user_ids: Sequence[str]) -> Iterator[tuple[str, list[Candidate]]]:
        known = self._store.people(user_ids, self._settings.max_history)
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

    def _allowed(self, filter: Filter) -> Mask:
        shown = self._store.available(self._catalogue.ids)
        available = np.fromiter((item_id in shown for item_id in self._catalogue.ids), np.bool_, len(self._catalogue))
        passing = self._catalogue.allowed(filter)
        return available if passing is None else available & passing


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


def _frame(lists: "Iterator[tuple[str, list[Candidate]]]") -> pd.DataFrame:
    users, ranks, items, scores, sources = list[str](), list[int](), list[str](), list[float](), list[str]()
    for user_id, found in lists:
        for rank, candidate in enumerate(found, 1):
            users.append(user_id)
            ranks.append(rank)
            items.append(candidate.item_id)
            scores.append(round(candidate.score, 6))
            sources.append(Source(candidate.source).value)
    frame = pd.DataFrame({Columns.USER: users, Columns.RANK: ranks, Columns.ITEM: items})
    frame[Columns.SCORE], frame["source"] = np.array(scores, np.float64), sources
    return frame.astype({Columns.USER: "str", Columns.RANK: "int32", Columns.ITEM: "str", "source": "str"})

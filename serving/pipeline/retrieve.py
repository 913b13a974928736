"""Candidates: what is near in the index, and what is popular in the store."""

import threading
import time
from typing import Final

import numpy as np
from numpy.typing import NDArray

from indexing.filters import AnyOf, Filter
from indexing.index import TEXT, TOWER, Hit, VectorIndex
from indexing.payload import AVAILABLE
from serving.pipeline.answers import Candidate, Source
from serving.pipeline.requests import Selection
from serving.store import PopularItem, Store

_IS_AVAILABLE: Final = Filter((AnyOf(AVAILABLE, (True,)),))


class RetrieveNearest:
    """The items of a collection that are nearest to a vector or to another item."""

    def __init__(self, index: VectorIndex) -> None:
        self._index = index

    def to_vector(
        self,
        collection: str,
        vector: NDArray[np.float32],
        source: Source,
        limit: int,
        selection: Selection,
        *,
        with_vectors: bool = False,
    ) -> list[Candidate]:
        """By a vector of the text model where the source is TEXT, of the user tower otherwise.

        with_vectors: whether a later stage reads the candidates' own vectors; it makes the search dearer.
        """
        hits = self._index.search(
            collection,
            vector,
            using=TEXT if source is Source.TEXT else TOWER,
            limit=limit,
            filter=selection.filter & _IS_AVAILABLE,
            exclude=selection.exclude,
            with_payload=False,
            with_vectors=with_vectors,
        )
        return _candidates(hits, source)

    def to_item(self, collection: str, item_id: str, limit: int, selection: Selection) -> list[Candidate]:
        """By an item's own vector of the item tower. Raises `indexing.errors.UnknownItem`."""
        hits = self._index.similar(
            collection,
            item_id,
            limit=limit,
            filter=selection.filter & _IS_AVAILABLE,
            exclude=selection.exclude,
            with_payload=False,
        )
        return _candidates(hits, Source.SIMILAR)


class RetrievePopular:
    """The most popular items of the store. The head of the unfiltered list is kept for `keep_seconds`."""

    _HEAD: Final = 1000

    def __init__(self, store: Store, keep_seconds: float) -> None:
        self._store = store
        self._keep_seconds = keep_seconds
        self._head: list[PopularItem] = []
        self._counted = -float("inf")
        self._lock = threading.Lock()

    def __call__(self, limit: int, selection: Selection) -> list[Candidate]:
        """The `limit` most popular items that pass; fewer only where no more are eligible."""
        wanted = limit + len(selection.exclude)
        if selection.filter.conditions or wanted > self._HEAD:
            items = self._store.popular(wanted, selection.filter)
        else:
            items = self._kept_head()
        passing = [item for item in items if item.item_id not in selection.exclude]
        return [Candidate(item.item_id, item.score, Source.POPULAR) for item in passing[:limit]]

    def _kept_head(self) -> list[PopularItem]:
        with self._lock:
            if time.monotonic() - self._counted >= self._keep_seconds:
                self._head = self._store.popular(self._HEAD)
                self._counted = time.monotonic()
            return self._head


def _candidates(hits: list[Hit], source: Source) -> list[Candidate]:
    return [Candidate(hit.item_id, hit.score, source, hit.vector) for hit in hits]

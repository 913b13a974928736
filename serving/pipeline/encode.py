"""The user vector: encodes a profile with the live bundle."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from pharos.indexing.index import CONTENT, Unconfirmed, VectorIndex
from pharos.serving.index_sync.live_index import Generation
from pharos.serving.pipeline.profile import Profile
from pharos.towers.content.encoder import COLUMNS
from pharos.towers.histories.queries import UserQuery
from pharos.towers.ranking.ranker import rows_of


@dataclass(frozen=True)
class EncodedPerson:
    """A person as the models take one.

    query: history with its item vectors, and features. vector: float32 [d], of the user tower. rows: int64 [l], the
    history's items in the training catalogue, -1 for those that training did not see. unconfirmed: what the first
    search has to confirm of the history's vectors.
    """

    query: UserQuery
    vector: NDArray[np.float32]
    rows: NDArray[np.int64]
    unconfirmed: Unconfirmed | None = None


class EncodeUser:
    """Computes the user vector of a profile."""

    def __init__(self, index: VectorIndex) -> None:
        self._index = index

    def __call__(self, generation: Generation, profile: Profile, *, confirmed: bool = True) -> EncodedPerson:
        """History items that the collection does not hold are left out. confirmed: see VectorIndex.vectors.

        The whole history is kept: the user tower cuts it to the newest events itself, other sources read further back.
        """
        bundle, collection = generation.bundle, generation.collection
        history, vectors, unconfirmed = profile.history, np.zeros((0, bundle.dimensions), np.float32), None
        if history:
            found = self._index.vectors(collection, [event.item_id for event in history], confirmed=confirmed)
            vectors, unconfirmed = found.rows, found.unconfirmed
            if not found.present.all():
                history = tuple(event for event, there in zip(history, found.present.tolist(), strict=True) if there)
                vectors = vectors.reshape(len(history), bundle.dimensions)
        ids = [event.item_id for event in history]
        rows = rows_of(bundle.sources.spec, ids)
        content = self._content(collection, {ids[place] for place in np.flatnonzero(rows < 0).tolist()})
        query = UserQuery(history, vectors, profile.user_id, profile.features, content)
        return EncodedPerson(query, bundle.encode_users([query])[0], rows, unconfirmed)

    def _content(self, collection: str, new: Collection[str]) -> Mapping[str, csr_matrix]:
        """The content vectors of items that training did not see: float32 CSR [1, COLUMNS] by item."""
        if not new:
            return {}
        points = self._index.fetch(collection, new, with_vectors=(CONTENT,), with_payload=False)
        rows = {item_id: point.sparse[CONTENT] for item_id, point in points.items() if CONTENT in point.sparse}
        return {
            item_id: csr_matrix((row.values, row.indices, np.array([0, len(row)])), shape=(1, COLUMNS))
            for item_id, row in rows.items()
        }

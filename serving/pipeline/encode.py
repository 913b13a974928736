"""The user vector: encodes a profile with the live bundle."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from pharos.indexing.index import CONTENT, TOWER, VectorIndex
from pharos.serving.index_sync.live_index import Generation
from pharos.serving.pipeline.profile import Profile
from pharos.towers.content.encoder import COLUMNS
from pharos.towers.histories.queries import UserQuery


@dataclass(frozen=True)
class EncodedPerson:
    """A person as the models take one.

    query: history with its item vectors, and features. vector: float32 [d], of the user tower.
    """

    query: UserQuery
    vector: NDArray[np.float32]


class EncodeUser:
    """Computes the user vector of a profile."""

    def __init__(self, index: VectorIndex) -> None:
        self._index = index

    def __call__(self, generation: Generation, profile: Profile) -> EncodedPerson:
        """History items that the collection does not hold are left out.

        The whole history is kept: the user tower cuts it to the newest events itself, other sources read further back.
        """
        bundle, collection = generation.bundle, generation.collection
        ids = {event.item_id for event in profile.history}
        points = self._index.fetch(collection, ids, with_vectors=(TOWER,), with_payload=False) if ids else {}
        history = tuple(event for event in profile.history if event.item_id in points)
        vectors = np.zeros((len(history), bundle.dimensions), np.float32)
        for row, event in enumerate(history):
            vectors[row] = points[event.item_id].vectors[TOWER]
        content = self._content(collection, points.keys() - bundle.known_items)
        query = UserQuery(history, vectors, profile.user_id, profile.features, content)
        return EncodedPerson(query, bundle.encode_users([query])[0])

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

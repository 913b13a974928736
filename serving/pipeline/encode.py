"""The person as the models of the live bundle see one."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexing.index import TOWER, VectorIndex
from serving.live import Generation
from serving.pipeline.profile import Profile
from towers.histories.queries import UserQuery


@dataclass(frozen=True)
class EncodedPerson:
    """query: history, its vectors and features, as the bundle takes them; vector: float32 [d], the user tower's."""

    query: UserQuery
    vector: NDArray[np.float32]


class EncodeUser:
    """Turns a profile into a vector of the live bundle's user tower."""

    def __init__(self, index: VectorIndex) -> None:
        self._index = index

    def __call__(self, generation: Generation, profile: Profile) -> EncodedPerson:
        """History items that the collection does not hold are left out."""
        newest = profile.history[-generation.bundle.history_length :]
        ids = {event.item_id for event in newest}
        points = self._index.fetch(generation.collection, ids, with_vectors=(TOWER,), with_payload=False) if ids else {}
        history = tuple(event for event in newest if event.item_id in points)
        vectors = np.zeros((len(history), generation.bundle.dimensions), np.float32)
        for row, event in enumerate(history):
            vectors[row] = points[event.item_id].vectors[TOWER]
        query = UserQuery(history, vectors, profile.user_id, profile.features)
        return EncodedPerson(query, generation.bundle.encode_users([query])[0])

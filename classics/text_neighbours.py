"""Text-model neighbours: items whose text vector is near the mean of the user's items."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from pharos.classics.base import Capabilities, Classic
from pharos.classics.data import Need, RankingData, Vectors
from pharos.classics.scorers import Profiles


@dataclass(frozen=True)
class TextNeighbours(Classic):
    """score(u, i) = v_i times the sum of v_j over the items j of u, v the text model's vectors, of length 1.

    A profile as of Rocchio (1971), over sentence embeddings (Reimers and Gurevych, 2019,
    https://arxiv.org/abs/1908.10084).

    centred: subtract the mean vector of all texts first, which does not tell items apart.
    """

    name: ClassVar[str] = "Text-model neighbours"
    summary: ClassVar[str] = "items of similar meaning, by a text model"
    can: ClassVar[Capabilities] = Capabilities(unknown_users=True, new_items=True, explanations=True)
    needs: ClassVar[frozenset[Need]] = frozenset({Need.TEXT_VECTORS})

    centred: bool = True

    @classmethod
    def grid(cls) -> tuple["TextNeighbours", ...]:
        return (cls(True), cls(False))

    def fit(self, data: RankingData) -> Profiles:
        if data.text_vectors is None:
            raise ValueError("text-model neighbours need text vectors, and these data have none")
        items = _centred(data.text_vectors) if self.centred else data.text_vectors
        # The sum in place of the mean: it lists each user's items in the same order.
        return Profiles.of(data.histories, items)


def _centred(vectors: Vectors) -> Vectors:
    shifted = vectors - vectors.mean(axis=0)
    norms = np.linalg.norm(shifted, axis=1, keepdims=True)
    unit: Vectors = (shifted / np.maximum(norms, 1e-9)).astype(np.float32)
    return unit

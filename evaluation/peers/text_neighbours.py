"""Text-model neighbours: items whose text vectors lie near the mean of the user's."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from pharos.evaluation.peers.base import Factors, Need, RankingData, Vectors


@dataclass(frozen=True)
class TextNeighbours:
    """centred: take the mean text away first, which all vectors share and which tells nothing apart."""

    name: ClassVar[str] = "Text-model neighbours"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.TEXT_VECTORS})
    recommends_cold: ClassVar[bool] = True

    centred: bool = True

    @classmethod
    def grid(cls) -> tuple["TextNeighbours", ...]:
        return (cls(True), cls(False))

    def fit(self, data: RankingData) -> Factors:
        if data.text_vectors is None:
            raise ValueError("text-model neighbours need text vectors, and these data have none")
        items = _centred(data.text_vectors) if self.centred else data.text_vectors
        # The sum in place of the mean: it lists each user's items in the same order.
        profiles: Vectors = data.histories @ items
        return Factors(profiles, items)


def _centred(vectors: Vectors) -> Vectors:
    shifted = vectors - vectors.mean(axis=0)
    norms = np.linalg.norm(shifted, axis=1, keepdims=True)
    unit: Vectors = (shifted / np.maximum(norms, 1e-9)).astype(np.float32)
    return unit

"""Both towers with their input specification: encodes items and queries, just trained or loaded from a bundle."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from pharos.towers.histories.queries import UserQuery
from pharos.towers.retrieval.inputs import InputSpec

_ITEMS_AT_ONCE = 4096
_USERS_AT_ONCE = 64


class Encoder(Protocol):
    """A tower with a fixed signature: a trained module, or a SavedModel."""

    def encode(self, inputs: Mapping[str, Any]) -> Any:
        """Encode the inputs as vectors."""


@dataclass(frozen=True)
class TwoTowers:
    """The pair of towers, and the specification of their inputs.

    item_tower: from the inputs of `towers.retrieval.item_tower.ItemTower` to float32 [n, dimensions]; user_tower: from
    those of `pharos.towers.retrieval.user_tower.UserTower` to float32 [b, 1, dimensions].
    """

    spec: InputSpec
    dimensions: int
    item_tower: Encoder
    user_tower: Encoder

    def item_vectors(self, items: pd.DataFrame, text: npt.NDArray[np.float32] | None) -> npt.NDArray[np.float32]:
        """Vectors of n items, float32 [n, dimensions], each of length 1.

        items: typed rows (see pharos.ingest.dataset.Dataset); text: float32 [n, text dimensions], the vectors of their
        documents, None where the towers know no text model. Unknown ids are normal.
        """
        parts = [np.zeros((0, self.dimensions), np.float32)]
        for start in range(0, len(items), _ITEMS_AT_ONCE):
            block = slice(start, start + _ITEMS_AT_ONCE)
            inputs = self.spec.item_inputs(items.iloc[block], None if text is None else text[block])
            parts.append(np.asarray(self.item_tower.encode(inputs)))
        return np.concatenate(parts)

    def user_vectors(self, queries: Sequence[UserQuery]) -> npt.NDArray[np.float32]:
        """Vectors of n queries, float32 [n, dimensions], each of length 1."""
        parts = [np.zeros((0, self.dimensions), np.float32)]
        for start in range(0, len(queries), _USERS_AT_ONCE):
            inputs = self.spec.user_inputs(queries[start : start + _USERS_AT_ONCE], self.dimensions)
            parts.append(np.asarray(self.user_tower.encode(inputs))[:, 0])
        return np.concatenate(parts)

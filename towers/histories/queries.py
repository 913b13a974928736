"""The query of the user tower: a history and what else is known of a user."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp


@dataclass(frozen=True, slots=True)
class HistoryEvent:
    """One past event of a user. rating: on the data set's scale; timestamp: unix seconds; None where unknown."""

    item_id: str
    rating: float | None = None
    timestamp: int | None = None


@dataclass(frozen=True)
class UserQuery:
    """A user as the user tower reads one; everything but the history may be missing.

    history: past events, oldest first. history_vectors: float32 [len(history), dimensions], the item tower's vectors
    of these items, as they stand in the index that will be searched.
    user_id: None for an anonymous query. features: the user's typed features; missing ones are normal.
    new_content: by item id, the content of past items that training did not see, float32 CSR [1, columns].
    """

    history: tuple[HistoryEvent, ...]
    history_vectors: npt.NDArray[np.float32]
    user_id: str | None = None
    features: Mapping[str, object] = field(default_factory=dict)
    new_content: Mapping[str, sp.csr_matrix] = field(default_factory=dict)

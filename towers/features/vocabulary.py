"""Vocabulary of ids: ids to codes, with 0 for unknown ids."""

from collections.abc import Iterable, Sequence
from itertools import repeat

import numpy as np
import numpy.typing as npt


class Vocabulary:
    """The ids that training saw, coded 1, 2, …; every other id is 0."""

    def __init__(self, ids: Sequence[str]) -> None:
        """ids: distinct, in the order of their codes."""
        self.ids = list(ids)
        self._codes: dict[str | None, int] = {name: code for code, name in enumerate(self.ids, start=1)}

    def __len__(self) -> int:
        """Count of ids, the unknown not counted."""
        return len(self.ids)

    def extended(self, ids: Iterable[str]) -> "Vocabulary":
        """A vocabulary with the same codes, and new codes for those of `ids` that have none."""
        return Vocabulary([*self.ids, *(name for name in ids if name not in self._codes)])

    def codes(self, ids: Iterable[str | None]) -> npt.NDArray[np.int32]:
        """int32 [n]: the code of each id, 0 for unknown and None."""
        # No id is None, so that None is looked up like an unknown one.
        return np.fromiter(map(self._codes.get, ids, repeat(0)), np.int32)

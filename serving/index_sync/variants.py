"""Several collections, and so several bundles, that are live at the same time: which of them answers whom."""

import hashlib
from collections.abc import Iterable, Mapping

from pharos.serving.index_sync.live_index import LiveIndex


class Variants:
    """What is live, by the name of its variant; without variants in the settings there is one, of no name.

    lives: in the order of the settings; the first one answers where there is no user to choose by. shares: from 0 to 1
    by name, together 1.
    """

    def __init__(self, lives: Mapping[str, LiveIndex], shares: Mapping[str, float]) -> None:
        self._lives = dict(lives)
        self._shares = dict(shares)

    @property
    def names(self) -> tuple[str, ...]:
        """The names that may be asked for."""
        return tuple(name for name in self._lives if name)

    @property
    def first(self) -> LiveIndex:
        """What answers where there is no user."""
        return next(iter(self._lives.values()))

    def items(self) -> Iterable[tuple[str, LiveIndex]]:
        """Everything that is live, by name: an item that changes must come to each."""
        return self._lives.items()

    def choose(self, user_id: str | None, wanted: str | None = None) -> tuple[str, LiveIndex]:
        """The variant that is wanted, or that of the user: always the same one, as long as the shares are the same."""
        name = wanted if wanted is not None else self._of(user_id)
        return name, self._lives[name]

    def _of(self, user_id: str | None) -> str:
        names = list(self._lives)
        if user_id is None:
            return names[0]
        place, reached = _place(user_id), 0.0
        for name in names:
            reached += self._shares[name]
            if place < reached:
                return name
        return names[-1]


def _place(user_id: str) -> float:
    """Where a user stands between 0 and 1: it looks random and is the same everywhere."""
    digest = hashlib.sha256(user_id.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8]) / 2**64

"""Variants: several collections and bundles live at the same time, each for a share of the users."""

import hashlib
from collections.abc import Iterable, Mapping

from pharos.serving.index_sync.live_index import LiveIndex


class Variants:
    """The live indexes by the name of their variant; without variants in the settings there is one, named "".

    lives: in the order of the settings; the first one answers where there is no user to choose by. shares: of the
    users, by name, from 0 to 1, together 1.
    """

    def __init__(self, lives: Mapping[str, LiveIndex], shares: Mapping[str, float]) -> None:
        self._lives = dict(lives)
        self._shares = dict(shares)

    @property
    def names(self) -> tuple[str, ...]:
        """The names that a request may ask for."""
        return tuple(name for name in self._lives if name)

    @property
    def first(self) -> LiveIndex:
        """The live index that answers where there is no user."""
        return next(iter(self._lives.values()))

    def items(self) -> Iterable[tuple[str, LiveIndex]]:
        """All live indexes by name; a changed item is synced with each."""
        return self._lives.items()

    def choose(self, user_id: str | None, wanted: str | None = None) -> tuple[str, LiveIndex]:
        """The wanted variant, or the user's: always the same one as long as the shares stay the same."""
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
    """A number from 0 to 1 by a hash of the user's id: uniform, and the same in every process."""
    digest = hashlib.sha256(user_id.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8]) / 2**64

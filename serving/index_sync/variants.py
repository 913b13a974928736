"""Variants: several live collections with their bundles, each for a share of the users (A/B tests)."""

import hashlib
from collections.abc import Iterable, Mapping

from pharos.serving.index_sync.live_index import LiveIndex


class Variants:
    """The live indexes by variant name; without variants in the settings there is one, named "".

    lives: in the order of the settings; the first one answers where there is no user to choose by. shares: of the
    users, by name, from 0 to 1, together 1.
    """

    def __init__(self, lives: Mapping[str, LiveIndex], shares: Mapping[str, float]) -> None:
        self._lives = dict(lives)
        self._shares = dict(shares)

    @property
    def names(self) -> tuple[str, ...]:
        """The names that a request may use."""
        return tuple(name for name in self._lives if name)

    @property
    def first(self) -> LiveIndex:
        """The default live index, for requests without a user."""
        return next(iter(self._lives.values()))

    def items(self) -> Iterable[tuple[str, LiveIndex]]:
        """All live indexes by name; a changed item is synced to each."""
        return self._lives.items()

    def choose(self, user_id: str | None, wanted: str | None = None) -> tuple[str, LiveIndex]:
        """The wanted variant, or that of the user, which stays the same as long as the shares do."""
        name = wanted if wanted is not None else self._share_of(user_id)
        return name, self._lives[name]

    def _share_of(self, user_id: str | None) -> str:
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
    """A number from 0 to 1 from a hash of the user id: uniform, and the same in every process."""
    digest = hashlib.sha256(user_id.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8]) / 2**64

"""Item ids are any strings, the ids of points are UUIDs: one maps to the other, everywhere the same."""

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from operator import attrgetter
from typing import Final
from uuid import UUID

_NAMESPACE: Final = UUID("8f0f3c5e-2d3a-5b52-9d1c-6a7e4b0c9f21").bytes
# The hash of a number is C's, that of a UUID is Python's: a request looks up a thousand.
_number: Final = attrgetter("int")


# An exclusion list is mapped anew with each request; the cache makes that ten times as fast.
@lru_cache(maxsize=1 << 17)
def point_id(item_id: str) -> UUID:
    """The UUID (version 5, RFC 9562) of the item within the namespace of this project.

    Unlike uuid.uuid5 it takes unpaired surrogates, so that a look-up of a malformed id finds nothing and does not fail.
    """
    digest = hashlib.sha1(_NAMESPACE + item_id.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest()
    return UUID(bytes=digest[:16], version=5)


class KnownIds:
    """The way back from points to items, for points met before: it saves reading a payload to learn an id.

    An item's point never changes, so nothing here grows old. At most `most` are kept.
    """

    def __init__(self, most: int = 1 << 19) -> None:
        self._most = most
        self._items: dict[int, str] = {}

    def of(self, points: Iterable[UUID]) -> list[str | None]:
        """The item of each point; None for one not met yet."""
        return list(map(self._items.get, map(_number, points)))

    def learn(self, point: UUID, item_id: str) -> None:
        """Remember whose point this is."""
        if len(self._items) < self._most:
            self._items[point.int] = item_id

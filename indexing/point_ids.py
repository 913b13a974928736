"""Point ids: item ids are strings, points need numbers or UUIDs; each item id maps to the same one everywhere."""

import hashlib
from functools import lru_cache
from typing import Final
from uuid import UUID

_NAMESPACE: Final = UUID("8f0f3c5e-2d3a-5b52-9d1c-6a7e4b0c9f21").bytes


# An exclusion list is mapped anew with each request; the cache makes that ten times as fast.
@lru_cache(maxsize=1 << 17)
def point_uuid(item_id: str) -> UUID:
    """The UUID (version 5, RFC 9562) of the item within the namespace of this project.

    Unlike uuid.uuid5 it takes unpaired surrogates, so that a look-up of a malformed id finds nothing and does not fail.
    """
    return UUID(bytes=_digest(item_id)[:16], version=5)


@lru_cache(maxsize=1 << 17)
def point_number(item_id: str) -> int:
    """63 bits of the same digest: what an engine gives back as a Python integer, and not as an object made for it."""
    return int.from_bytes(_digest(item_id)[:8], "big") >> 1


def _digest(item_id: str) -> bytes:
    return hashlib.sha1(_NAMESPACE + item_id.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest()

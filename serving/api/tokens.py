"""Opaque tokens for callers: cursors of pages, and event ids."""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Final, TypeAlias

from pharos.serving.api.validation import is_storable

Key: TypeAlias = Sequence[str | int]

# Several times what an id of 512 characters takes.
MAX_TOKEN: Final = 8192
_MOST: Final = 2**63


def token_of(key: Key) -> str:
    """Encode a row's key as text that is safe in a URL."""
    document = json.dumps(list(key), ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(document.encode()).decode("ascii").rstrip("=")


def read_token(token: str, types: Sequence[type]) -> list[str | int] | None:
    """Decode a token; None for a text that `token_of` never made of values of these types."""
    if len(token) > MAX_TOKEN or not token.isascii():
        return None
    try:
        document = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        key = json.loads(document)
    except (binascii.Error, ValueError, RecursionError):
        return None
    if not isinstance(key, list) or [type(part) for part in key] != list(types):
        return None
    if any(isinstance(part, int) and not -_MOST <= part < _MOST for part in key):
        return None
    if any(isinstance(part, str) and not is_storable(part) for part in key):
        return None
    # Different texts for one key would be different ids of one event.
    return key if token_of(key) == token else None

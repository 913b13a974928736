"""API keys: their scopes, how they are made, and how they are checked against hashes."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Final

from pharos.serving.settings import KeyScope

_PREFIX: Final = "pharos_"
_RANDOM_BYTES: Final = 32


class Scope(IntEnum):
    """What a request needs, or a key allows; each includes those before it."""

    OPEN = 0
    READ = 1
    WRITE = 2
    ADMIN = 3


def make_key() -> str:
    """A new key of 256 random bits. The prefix lets scanners for leaked secrets find it."""
    return _PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)


def hash_of(key: bytes) -> str:
    """The SHA-256 of a key as 64 hexadecimal digits, which stands in the settings instead of the key.

    A slow hash such as scrypt makes guessing dear where a secret can be guessed. Nobody guesses 256 random bits, so it
    would only make every request dear. This holds for keys that `make_key` made, not for passwords.
    """
    return hashlib.sha256(key).hexdigest()


class Keys:
    """The keys that a server accepts, by the hashes of its settings."""

    def __init__(self, hashes: Mapping[KeyScope, Sequence[str]]) -> None:
        self._hashes = [(Scope[name.upper()], digest) for name, digests in hashes.items() for digest in digests]

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._hashes)

    def scope_of(self, key: bytes) -> Scope | None:
        """The most that the key allows; None for an unknown one.

        Takes as long for each key: all hashes are compared, each in constant time.
        """
        given, found = hash_of(key), Scope.OPEN
        for scope, digest in self._hashes:
            found = max(found, scope if hmac.compare_digest(given, digest) else Scope.OPEN)
        return found or None

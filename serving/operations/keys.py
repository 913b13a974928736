"""API keys: scopes, creation, and verification against hashes."""

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
    """The scope that a request requires or a key has; each includes the ones before it."""

    OPEN = 0
    READ = 1
    WRITE = 2
    ADMIN = 3


def make_key() -> str:
    """A new key with 256 random bits. Scanners for leaked secrets recognise its prefix."""
    return _PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)


def hash_of(key: bytes) -> str:
    """The SHA-256 of a key as 64 hexadecimal digits, which the settings hold instead of the key.

    A slow hash such as scrypt makes guessing dear where a secret can be guessed. Nobody guesses 256 random bits, so it
    would only make every request dear. This holds for keys that `make_key` made, not for passwords.
    """
    return hashlib.sha256(key).hexdigest()


class Keys:
    """The accepted keys, by the hashes in the settings."""

    def __init__(self, hashes: Mapping[KeyScope, Sequence[str]]) -> None:
        self._hashes = [(Scope[name.upper()], digest) for name, digests in hashes.items() for digest in digests]

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._hashes)

    def scope_of(self, key: bytes) -> Scope | None:
        """The highest scope of the key; None for an unknown one.

        Takes as long for each key: all hashes are compared, each in constant time.
        """
        given, found = hash_of(key), Scope.OPEN
        for scope, digest in self._hashes:
            found = max(found, scope if hmac.compare_digest(given, digest) else Scope.OPEN)
        return found or None

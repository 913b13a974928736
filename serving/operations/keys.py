"""API keys: scopes, creation, and verification against hashes."""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Grant:
    """What a key allows. user: the one user that it is for; None for all. expires: unix seconds; None for never."""

    scope: Scope
    user: str | None = None
    expires: float | None = None


class Keys:
    """The keys that a server accepts, by the hashes of its settings, and by those of a file with what each allows."""

    def __init__(
        self,
        hashes: Mapping[KeyScope, Sequence[str]],
        filed: Mapping[str, Grant] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """clock: unix seconds."""
        self._hashes = [(Scope[name.upper()], digest) for name, digests in hashes.items() for digest in digests]
        self._filed = dict(filed or {})
        self._clock = clock

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._hashes or self._filed)

    def grant_of(self, key: bytes) -> Grant | None:
        """What the key allows; None for an unknown or expired one. What the settings say of it holds before the file.

        Takes as long for each key of the settings: all hashes are compared, each in constant time. Those of the file,
        which may be many, are looked up: how long that takes could tell a part of a hash at most, from which nobody
        finds 256 random bits.
        """
        given, found = hash_of(key), Scope.OPEN
        for scope, digest in self._hashes:
            found = max(found, scope if hmac.compare_digest(given, digest) else Scope.OPEN)
        if found:
            return Grant(found)
        filed = self._filed.get(given)
        return None if filed is None or (filed.expires is not None and self._clock() >= filed.expires) else filed

    def scope_of(self, key: bytes) -> Scope | None:
        """The most that the key allows; None for an unknown or expired one."""
        grant = self.grant_of(key)
        return grant.scope if grant else None


def grants(entries: Iterable[tuple[str, Grant]]) -> dict[str, Grant]:
    """By hash. Raises ValueError for a hash that is there twice: which of them holds would be left to chance."""
    found: dict[str, Grant] = {}
    for digest, grant in entries:
        if digest in found:
            raise ValueError(f"the hash {digest[:12]}… is there twice")
        found[digest] = grant
    return found

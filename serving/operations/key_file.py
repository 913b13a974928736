"""The file of API keys: what stands in it, and how keys are added, revoked and read again while a server runs."""

import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from pharos.indexing.folder_lock import FolderLock, FolderLocked
from pharos.ingest.durable_files import make_durably, write_durably
from pharos.ingest.unicode import nfc
from pharos.serving.errors import Conflict, SettingsError
from pharos.serving.operations.keys import Grant, Keys, Scope, grants, hash_of
from pharos.serving.settings import KeyHash, KeyScope, Settings

_MOST_BYTES: Final = 32 * 1024 * 1024
_MOST_KEYS: Final = 100_000
_LEAST_PREFIX: Final = 8
_SECONDS_BETWEEN: Final = 1.0

logger = logging.getLogger(__name__)


class KeyEntry(BaseModel):
    """One key: the SHA-256 of it, what it may do, for which user alone, until when, and what it is for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hash: KeyHash
    scope: KeyScope
    user: Annotated[str, Field(min_length=1, max_length=512), AfterValidator(nfc)] | None = None
    expires: AwareDatetime | None = None
    note: str = Field("", max_length=200)

    @model_validator(mode="after")
    def _no_admin_of_one(self) -> Self:
        if self.user is not None and self.scope == "admin":
            raise ValueError("a key for one user may read or write, and not administer")
        return self

    @property
    def grant(self) -> Grant:
        """What the key allows."""
        expires = self.expires.timestamp() if self.expires else None
        return Grant(Scope[self.scope.upper()], self.user, expires)

    def has_expired(self) -> bool:
        """Whether its time is over."""
        return self.expires is not None and datetime.now(UTC) >= self.expires


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    keys: tuple[KeyEntry, ...] = Field(max_length=_MOST_KEYS)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        grants((entry.hash, entry.grant) for entry in self.keys)
        return self


def read_keys(path: Path) -> tuple[KeyEntry, ...]:
    """What stands in the file. Raises SettingsError, which says what is wrong and where, without what stands there."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise SettingsError(f"the file of API keys {path} has more than {_MOST_BYTES:,} bytes")
        return _File.model_validate_json(path.read_bytes()).keys
    except FileNotFoundError:
        raise SettingsError(f"there is no file of API keys {path} (keys_file); `pharos key` makes it") from None
    except OSError as error:
        raise SettingsError(f"the file of API keys {path} cannot be read: {error.strerror}") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole file"
        message = first["msg"][:1].lower() + first["msg"][1:]
        raise SettingsError(f"the file of API keys {path} is broken: {place}: {message}") from None


def add_key(path: Path, entry: KeyEntry) -> None:
    """Add a key to the file, which is made where there is none. Raises SettingsError, Conflict, OSError."""
    with _changing(path):
        known = read_keys(path) if path.exists() else ()
        if len(known) >= _MOST_KEYS:
            raise Conflict(f"{path} has {len(known):,} keys, and more are not allowed: revoke some")
        _write(path, (*known, entry))


def revoke_key(path: Path, named: str) -> KeyEntry:
    """Take a key out of the file. named: the key, its hash, or the first 8 or more digits of the hash.

    Raises SettingsError, Conflict where not exactly one key is meant, OSError.
    """
    with _changing(path):
        known = read_keys(path)
        digest = hash_of(named.encode())
        meant = [
            entry
            for entry in known
            if entry.hash == digest or (len(named) >= _LEAST_PREFIX and entry.hash.startswith(named.lower()))
        ]
        if len(meant) != 1:
            allowed = f"allowed: the key, its hash, or at least {_LEAST_PREFIX} digits of the hash's beginning"
            raise Conflict(f"{len(meant)} keys of {path} are meant by what was given; {allowed}")
        _write(path, tuple(entry for entry in known if entry is not meant[0]))
    return meant[0]


class KeyRing:
    """The keys of the settings and those of their file, which is read again when it changes. For one thread.

    Asked for at most once a second. Where the file is broken or gone, the keys that it had last go on working, and a
    line in the log says so: a slip of a hand must not lock everybody out, nor let anybody in.
    Raises SettingsError where the file cannot be read at the start. clock: seconds that never go back.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._hashes = settings.api_keys
        self._path = settings.keys_file
        self._clock = clock
        self._state = self._state_of_file()
        self._keys = self._read()
        self._looked_at = clock()

    def __bool__(self) -> bool:
        """Whether a key is needed at all: also where all keys of the file are revoked."""
        return bool(self._hashes) or self._path is not None

    def grant_of(self, key: bytes) -> Grant | None:
        """As `Keys.grant_of`, by the file as it was a second ago at most."""
        if self._path is not None and self._clock() - self._looked_at >= _SECONDS_BETWEEN:
            self._looked_at = self._clock()
            self._look_again()
        return self._keys.grant_of(key)

    def _look_again(self) -> None:
        state = self._state_of_file()
        if state == self._state:
            return
        self._state = state
        try:
            self._keys = self._read()
        except SettingsError as error:
            logger.error("%s; the keys that it had before go on working", error)
        else:
            logger.info("the file of API keys %s was read again: %d keys", self._path, self._count)

    def _read(self) -> Keys:
        entries = read_keys(self._path) if self._path is not None else ()
        self._count = len(entries)
        return Keys(self._hashes, grants((entry.hash, entry.grant) for entry in entries))

    def _state_of_file(self) -> tuple[int, int, int] | None:
        """What changes with the file; None where it is not there."""
        if self._path is None:
            return None
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


def _write(path: Path, entries: tuple[KeyEntry, ...]) -> None:
    told = [entry.model_dump(mode="json", exclude_defaults=True) for entry in entries]
    lines = ",\n".join(f"  {json.dumps(entry, ensure_ascii=False)}" for entry in told)
    write_durably(path, f'{{"keys": [\n{lines}\n]}}\n')


@contextmanager
def _changing(path: Path) -> Iterator[None]:
    """One command at a time changes the file, so that none undoes what another one did. Raises Conflict."""
    make_durably(path.parent)
    try:
        with FolderLock(path.parent, f".{path.name}.lock"):
            yield
    except FolderLocked as locked:
        raise Conflict(f"process {locked.process} is just changing {path}; try again") from None

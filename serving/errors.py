"""Errors of this package: each message says what is wrong, where, and what is allowed."""

from collections.abc import Sequence
from typing import Final

from pharos.ingest.errors import PharosError


class ServingError(PharosError):
    """Base of all errors of this package."""


class SettingsError(ServingError):
    """A setting has a value that is not allowed, or `pharos.toml` cannot be read."""


class StoreError(ServingError):
    """The store cannot be used, or a request conflicts with what it holds."""


class NotReady(ServingError):
    """A part that the answer needs is missing. `part` names it; the message says what to do."""

    def __init__(self, part: str, message: str) -> None:
        super().__init__(message)
        self.part = part


class UnknownItem(ServingError):
    """The store has no such item."""

    def __init__(self, item_id: str) -> None:
        super().__init__(f"there is no item {item_id!r}")
        self.item_id = item_id


class InvalidRecord(ServingError):
    """A record to write has an invalid value. field: its path, as in [3].features.year."""

    def __init__(self, field: str, value: object, allowed: str) -> None:
        shown = repr(value)
        super().__init__(f"{field} is {shown[:80]}{'…' * (len(shown) > 80)}; allowed: {allowed}")
        self.field = field
        self.value = value
        self.allowed = allowed


class NotOffered(ServingError):
    """An option that the store or the live bundle does not support. field: the parameter."""

    def __init__(self, field: str, value: object, allowed: str, message: str | None = None) -> None:
        """message: by default one that names field, value and what is allowed."""
        super().__init__(message or f"{field} is {value!r}; allowed: {allowed}")
        self.field = field
        self.value = value
        self.allowed = allowed


class UnknownUser(ServingError):
    """No such user."""

    def __init__(self, user_id: str) -> None:
        super().__init__(f"there is no user {user_id!r}")
        self.user_id = user_id


class NotTheirs(ServingError):
    """A key for one user does not allow what is about another one."""

    MESSAGE: Final = "this API key is for one user alone, and what was asked for is about another one"

    def __init__(self, user_id: str) -> None:
        super().__init__(self.MESSAGE)
        self.user_id = user_id


class UnknownEvent(ServingError):
    """A user has no such event. event_id: as the API names it."""

    def __init__(self, user_id: str, event_id: str) -> None:
        super().__init__(f"user {user_id!r} has no event {event_id!r}")
        self.event_id = event_id


class UnknownBundle(ServingError):
    """No such bundle."""

    def __init__(self, bundle: str, known: Sequence[str]) -> None:
        super().__init__(f"there is no bundle {bundle!r}; there are {', '.join(known)}")
        self.bundle = bundle
        self.known = tuple(known)


class UnknownJob(ServingError):
    """No such job."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"there is no job {job_id!r}")
        self.job_id = job_id


class Conflict(ServingError):
    """The request conflicts with the current state, such as a rollback during a re-index."""


class ReindexFailed(ServingError):
    """A collection could not be built; the live one is unchanged."""


class Disagreement(ServingError):
    """The consistency check failed: store, index or event counts disagree."""

"""Errors of this package: each message says what is wrong, where, and what is allowed."""

from pharos.ingest.errors import PharosError


class ClassicsError(PharosError):
    """Base of all errors that a person can act on."""


class Unfit(ClassicsError, ValueError):
    """The data are beyond what a method can take, or lack what it reads; the message says what and how much."""


class CannotAnswer(ClassicsError, ValueError):
    """A method was asked what it cannot tell, or about a user or an item that the data do not have."""


class UnknownMethod(ClassicsError, ValueError):
    """There is no method of this name; the message lists those that there are."""

"""Errors of this package: each message says what is wrong, where, and what is allowed."""

from pharos.ingest.errors import PharosError


class ClassicsError(PharosError):
    """Base of all errors that a person can act on."""


class Unfit(ClassicsError, ValueError):
    """The data is too large for a method, or lacks what it needs; the message says what and how much."""


class CannotAnswer(ClassicsError, ValueError):
    """A method does not support a question, or the data does not have the user or the item."""


class UnknownMethod(ClassicsError, ValueError):
    """There is no method of this name; the message lists the known ones."""

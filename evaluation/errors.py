"""Errors of this package that a person can act on."""

from pharos.ingest.errors import PharosError


class EvaluationError(PharosError):
    """There is nothing to compare; the message says why."""

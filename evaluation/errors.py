"""Errors of this package that a person can act on."""

from pharos.ingest.errors import PharosError


class EvaluationError(PharosError):
    """The evaluation is not possible; the message says why."""

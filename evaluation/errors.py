"""Errors of this package that a person can act on."""


class EvaluationError(Exception):
    """There is nothing to compare; the message says why."""

"""Errors of this package: each message says what is wrong, where, and what is allowed."""

from pathlib import Path

from pharos.ingest.errors import PharosError


class TowersError(PharosError):
    """Base of all errors that a person can act on."""


class TrainingError(TowersError):
    """The data or the settings do not allow training, or the training did not learn."""


class BundleError(TowersError):
    """A bundle is missing, damaged, or does not fit this machine."""


class BundleDamaged(BundleError):
    """Files of a bundle are not as they were written."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"bundle {path}: damaged ({reason}); go back to an older one, or train a new one")


class TextModelError(TowersError):
    """The text model cannot be found or read, or is not the one that was trained with."""

"""Optional libraries (extras), imported when they are first used."""

import importlib
from types import ModuleType

from pharos.ingest.errors import PharosError


class MissingExtra(PharosError, ImportError):
    """A library of an extra is not installed; the message says how to install it."""


def load(module: str, extra: str = "evaluate") -> ModuleType:
    """Import `module`, which an extra of the project installs.

    Raises MissingExtra, naming the extra, where it is absent.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtra(f"{module} is not installed; it comes with: pip install 'pharos[{extra}]'") from error

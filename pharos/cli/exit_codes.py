"""The exit codes of `pharos`, all in one place; `pharos --help` names them."""

from enum import IntEnum
from typing import Final


class ExitCode(IntEnum):
    """The exit codes of `pharos`."""

    OK = 0
    FAILED = 1
    USAGE = 2
    KEPT_LIVE = 3
    FAULT = 70
    INTERRUPTED = 130


_MEANINGS: Final = {
    ExitCode.OK: "done",
    ExitCode.FAILED: "refused or failed, and the message says why",
    ExitCode.USAGE: "the command is not one that there is",
    ExitCode.KEPT_LIVE: "retrain: the live model stays",
    ExitCode.FAULT: "a bug in pharos",
    ExitCode.INTERRUPTED: "interrupted",
}

EXIT_CODES: Final = "Exit codes: " + "; ".join(f"{code.value} {meaning}" for code, meaning in _MEANINGS.items()) + "."
"""One sentence for `--help`."""

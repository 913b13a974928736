"""Progress of long work in the Python API."""

from typing import Literal, TypeAlias

from pharos.towers.progress import Progress, Silent

ProgressOption: TypeAlias = Progress | Literal[False] | None
"""None: a bar on a terminal, plain lines elsewhere, both on the standard error. False: nothing. Or one's own."""


def chosen_progress(given: ProgressOption) -> Progress:
    """The progress for the value of a `progress` option."""
    if given is None:
        from pharos.cli.progress import terminal_progress

        return terminal_progress()
    return Silent() if given is False else given

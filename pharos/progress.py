"""How long work shows itself to who calls from Python."""

from typing import Literal, TypeAlias

from pharos.towers.progress import Progress, Silent

ProgressOption: TypeAlias = Progress | Literal[False] | None
"""None: a bar on a terminal, plain lines elsewhere, both on the standard error. False: nothing. Or one's own."""


def chosen_progress(given: ProgressOption) -> Progress:
    """The progress that an option stands for."""
    if given is None:
        from pharos.cli.progress import terminal_progress

        return terminal_progress()
    return Silent() if given is False else given

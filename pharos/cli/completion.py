"""pharos completion."""

import os
from enum import StrEnum
from typing import Annotated, Final

import typer

_VARIABLE: Final = "_PHAROS_COMPLETE"


class Shell(StrEnum):
    """A shell with completion of commands and options."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(
    shell: Annotated[Shell, typer.Argument(help="bash, zsh or fish.", metavar="SHELL")],
) -> None:
    """Print a script that completes commands and options in a shell, as in: source <(pharos completion bash)."""
    from typer.completion import get_completion_script  # type: ignore[attr-defined]  # not in its list of names

    print(get_completion_script(prog_name="pharos", complete_var=_VARIABLE, shell=shell.value))


def prepare() -> None:
    """Where a shell asks for completions, make typer answer in the format that its scripts expect."""
    if _VARIABLE in os.environ:
        from typer.completion import completion_init  # type: ignore[attr-defined]

        completion_init()

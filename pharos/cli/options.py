"""Options and arguments that several commands share."""

from enum import StrEnum
from typing import Annotated, TypeAlias, TypeVar

import typer

Length: TypeAlias = Annotated[int | None, typer.Option("-k", min=1, help="Length of the list.")]
Filters: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--filter",
        help="Condition on a feature, as in genres=Drama,War or year>=1990; several must all hold.",
        metavar="CONDITION",
    ),
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON, as the HTTP API answers it.")]
DataOrStore: TypeAlias = Annotated[
    str | None,
    typer.Argument(metavar="[DATA]", help="A data set's folder, or the name ml-100k of the installed sample."),
]
FromStore: TypeAlias = Annotated[
    bool, typer.Option("--from-store", help="Train on what the store holds, in place of a data set.")
]
DataSource: TypeAlias = Annotated[
    str, typer.Argument(metavar="DATA", help="A data set's folder, or the name ml-100k of the installed sample.")
]

Choice = TypeVar("Choice", bound=StrEnum)


def chosen(option: str, given: str | None, choices: type[Choice]) -> Choice | None:
    """The member that an option names; None where it was not given. Raises NotOffered, which lists the names."""
    from pharos.serving.errors import NotOffered

    if given is not None and given not in list(choices):
        raise NotOffered(f"--{option}", given, ", ".join(choices))
    return None if given is None else choices(given)

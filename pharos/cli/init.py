"""pharos init."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer


def init(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder with the files of a data set.")],
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing dataset.toml.")] = False,
) -> None:
    """Look at the files of a folder and write a dataset.toml for them; asks on a terminal, guesses elsewhere."""
    from pharos.ingest.declaration import DECLARATION
    from pharos.ingest.errors import DataError
    from pharos.ingest.load import known_layout
    from pharos.ingest.proposal.propose import propose
    from pharos.ingest.proposal.roles import take_guess

    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder")
    path = folder / DECLARATION
    if path.exists() and not force:
        raise DataError(f"{path}: exists already; --force overwrites it")
    layout = known_layout(folder)
    if layout is not None and not path.exists() and not force:
        raise DataError(
            f"{folder}: is {layout}, which is read without a {DECLARATION}; --force writes one all the same"
        )
    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    text = propose(folder, _ask if terminal else take_guess)
    partial = path.with_name(f".{DECLARATION}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
    print(text)
    print(f"Written to {path}. Read it, and try: pharos check {folder}")


def _ask(question: str, options: Sequence[str], guess: str | None, *, optional: bool = False) -> str | None:
    """One of the options, by name or number; an empty answer takes the guess, a hyphen none."""
    if not options:
        return None
    print(f"\n{question}")
    for number, option in enumerate(options, start=1):
        print(f"  {number}  {option}")
    while True:
        hint = "Number or name, - for none" if optional else "Number or name"
        default = guess if guess is not None else "-" if optional else None
        answer = typer.prompt(hint, default=default).strip()
        if answer in options:
            return str(answer)
        if answer.isdecimal() and 1 <= int(answer) <= len(options):
            return options[int(answer) - 1]
        if optional and answer == "-":
            return None
        print(f"{answer!r} is none of these.")

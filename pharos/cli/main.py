"""The `pharos` command: its subcommands, and errors as people read them."""

import sys
from typing import Final

import typer

from pharos.cli import (
    analyse,
    backup,
    check,
    classic,
    data,
    doctor,
    evaluate,
    index,
    init,
    key,
    lists,
    retrain,
    serve,
    train,
    why,
)

_USAGE_ERROR: Final = 2

app = typer.Typer(
    name="pharos",
    help="Two-tower retrieval with a vector database: train, index, serve, and measure honestly.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("init")(init.init)
app.command("check")(check.check)
app.command("train")(train.train)
app.command("retrain")(retrain.retrain)
app.command("import")(data.import_data)
app.command("index")(index.index)
app.command("recommend")(lists.recommend)
app.command("similar")(lists.similar)
app.command("popular")(lists.popular)
app.command("search")(lists.search)
app.command("why")(why.why)
app.command("serve")(serve.serve)
app.command("evaluate")(evaluate.evaluate)
app.command("analyse")(analyse.analyse)
app.command("classic")(classic.classic)
app.command("dump")(backup.dump)
app.command("restore")(backup.restore)
app.command("key")(key.key)
app.command("doctor")(doctor.doctor)


def main() -> None:
    """Run the command line; an error that a person can act on is one message, not a trace."""
    try:
        app()
    except Exception as error:
        message = _message(error)
        if message is None:
            raise
        print(f"pharos: {message}", file=sys.stderr)
        sys.exit(1)


def _message(error: Exception) -> str | None:
    """What to tell a person; None for an error that is a fault of the program."""
    from pharos.ingest.errors import PharosError

    if isinstance(error, PharosError):
        return str(error)
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename else str(error)
    return None

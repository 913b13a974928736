"""The `pharos` command: its subcommands, and errors as messages for people."""

import os
import sys
from typing import Final

import typer

from pharos.cli import (
    analyse,
    backup,
    check,
    classic,
    completion,
    data,
    doctor,
    evaluate,
    index,
    init,
    key,
    lists,
    retrain,
    serve,
    status,
    train,
    why,
)
from pharos.cli.exit_codes import EXIT_CODES, ExitCode

_TRACE: Final = "PHAROS_TRACE"

app = typer.Typer(
    name="pharos",
    help="Two-tower retrieval with a vector database: train, index, serve, and measure honestly.",
    epilog=EXIT_CODES,
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
app.command("status")(status.status)
app.command("doctor")(doctor.doctor)
app.command("completion")(completion.completion)


def main() -> None:
    """Run the command line and end the process; an error is one message, not a trace."""
    completion.prepare()
    sys.exit(_run())


def _run() -> int:
    """Run the command line and return the exit code."""
    try:
        return int(app(prog_name="pharos", standalone_mode=False) or ExitCode.OK)
    except typer.Abort:
        return _print_error("interrupted", ExitCode.INTERRUPTED)
    except typer.TyperException as error:
        return _usage(error)
    except Exception as error:
        message = _message(error)
        if message is not None:
            return _print_error(message, ExitCode.FAILED)
        if os.environ.get(_TRACE):
            raise
        what = f"{type(error).__name__}: {error}".splitlines()[0]
        return _print_error(f"this is a bug in pharos: {what}; {_TRACE}=1 shows where it happened", ExitCode.FAULT)


def _usage(error: typer.TyperException) -> int:
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":  # the help is printed by then
        return ExitCode.USAGE
    command = context.command_path if context else "pharos"
    message = " ".join(error.format_message().split()).removeprefix("Invalid value: ").removesuffix(".")
    return _print_error(f"{message} (see `{command} --help`)", ExitCode.USAGE)


def _print_error(message: str, code: ExitCode) -> int:
    print(f"pharos: {message}", file=sys.stderr)
    return code


def _message(error: Exception) -> str | None:
    """The message of an error for people; None for a bug."""
    from pharos.ingest.errors import PharosError

    if isinstance(error, PharosError):
        return str(error)
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename else str(error)
    return None

"""pharos doctor."""

import sys
from typing import Annotated

import typer

from pharos.cli.exit_codes import ExitCode


def doctor(
    check: Annotated[bool, typer.Option("--check", help="Compare store, index and events, item by item.")] = False,
) -> None:
    """Say what works here, what does not, and what to do."""
    from pharos.serving.operations.doctor import examine

    failed = False
    for finding in examine(check=check):
        failed = failed or not finding.works
        print(f"{'ok  ' if finding.works else 'FAIL'} {finding.part:<12} {finding.detail}", flush=True)
        if finding.advice:
            print(f"     {'':<12} {finding.advice}")
    sys.stdout.flush()
    if failed:
        raise typer.Exit(ExitCode.FAILED)

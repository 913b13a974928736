"""pharos doctor."""

import sys
from dataclasses import asdict
from typing import Annotated

import typer

from pharos.cli.exit_codes import ExitCode
from pharos.cli.output import print_json


def doctor(
    check: Annotated[bool, typer.Option("--check", help="Compare store, index and events, item by item.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Say what works here, what does not, and what to do."""
    from pharos.cli.running_server import consistency, status
    from pharos.serving.operations.doctor import examine

    found = []
    for finding in examine(check=check, ask=status, ask_items=consistency):
        found.append(asdict(finding))
        if as_json:
            continue
        print(f"{'ok  ' if finding.works else 'FAIL'} {finding.part:<12} {finding.detail}", flush=True)
        if finding.advice:
            print(f"     {'':<12} {finding.advice}")
    works = all(finding["works"] for finding in found)
    if as_json:
        print_json({"works": works, "findings": found})
    sys.stdout.flush()
    if not works:
        raise typer.Exit(ExitCode.FAILED)

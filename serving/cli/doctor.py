"""pharos doctor."""

import sys

import typer


def doctor() -> None:
    """Say what works here, what does not, and what to do."""
    from serving.diagnosis import examine

    failed = False
    for finding in examine():
        failed = failed or not finding.works
        print(f"{'ok  ' if finding.works else 'FAIL'} {finding.part:<12} {finding.detail}", flush=True)
        if finding.advice:
            print(f"     {'':<12} {finding.advice}")
    sys.stdout.flush()
    if failed:
        raise typer.Exit(1)

"""pharos check."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pharos.cli.exit_codes import ExitCode
from pharos.cli.options import DataSource
from pharos.cli.output import print_json

if TYPE_CHECKING:
    from pharos.ingest.advice import Advice
    from pharos.ingest.report import IngestReport

_TABLES = ("interactions", "items", "users")


def check(
    data: DataSource,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts and findings as JSON.")] = False,
    rejects: Annotated[
        Path | None, typer.Option(help="Write the dropped rows to this CSV file, each with its reason.")
    ] = None,
) -> None:
    """Read a data set without training: what was read, every bad row by its reason, what will be of little use."""
    from pharos.cli.progress import terminal_progress
    from pharos.ingest.advice import advise
    from pharos.ingest.errors import DataError
    from pharos.ingest.load import load_dataset
    from pharos.ingest.rejects import write_rejects
    from pharos.ingest.report import IngestReport

    advice: list[Advice] = []
    try:
        dataset = load_dataset(data, strict=False, progress=terminal_progress())
        report, errors = dataset.report, list(dataset.report.faults)
        advice = advise(dataset)
    except DataError as error:
        report, errors = IngestReport(), [str(error)]
    if rejects is not None:
        written = write_rejects(report, rejects)
    if as_json:
        _print_json(report, advice, errors)
    else:
        _print_table(report)
        _print_lists(report, advice, errors)
        if rejects is not None:
            print(f"\n{written:,} dropped rows stand in {rejects}")
    if errors:
        raise typer.Exit(ExitCode.FAILED)


def _print_json(report: "IngestReport", advice: "list[Advice]", errors: list[str]) -> None:
    from dataclasses import asdict

    from pharos.ingest.report import TableCount

    counts = dict(report.tables)
    answer: dict[str, Any] = {name: asdict(counts.get(name, TableCount())) for name in _TABLES}
    answer["files"] = [{"file": file, "rows": rows} for file, rows in report.rows]
    answer["findings"] = [asdict(finding) for finding in report.findings]
    answer["advice"] = [asdict(entry) for entry in advice]
    answer["errors"] = errors
    print_json(answer)


def _print_table(report: "IngestReport") -> None:
    if not report.tables:
        return
    print(f"{'':14}{'read':>12}{'noted':>12}{'dropped':>12}")
    counts = dict(report.tables)
    for name in _TABLES:
        if name in counts:
            count = counts[name]
            print(f"{name:14}{count.read:>12,}{count.noted:>12,}{count.dropped:>12,}")


def _print_lists(report: "IngestReport", advice: "list[Advice]", errors: list[str]) -> None:
    lists = {
        "Files": [f"{file}: {rows:,} rows" for file, rows in report.rows],
        "Found": [str(finding) for finding in report.findings],
        "Of little use": [str(entry) for entry in advice],
        "Wrong": errors,
    }
    for title, lines in lists.items():
        if lines:
            print(f"\n{title}")
            for line in lines:
                print("  " + line.replace("\n", "\n  "))
    if not errors:
        print("\nCan be read.")

"""pharos evaluate."""

from pathlib import Path
from typing import Annotated, Any

import typer

from pharos.cli.options import DataSource
from pharos.cli.output import Column, print_json, show_table

_BUDGET = 180.0


def evaluate(
    data: DataSource,
    out: Annotated[Path, typer.Option(help="Folder to write the answers and the report to.")],
    protocol: Annotated[
        str,
        typer.Option(
            help="The protocol: chronological (each user's next items), leave-one-out (each user's very last), global "
            "(all that comes after one moment), cold (new items), rating."
        ),
    ] = "chronological",
    fitted_on: Annotated[
        str | None,
        typer.Option(
            metavar="training|all",
            help="leave-one-out only: learn from the training part alone (default, as the papers do), or from the "
            "validation part too.",
        ),
    ] = None,
    peers: Annotated[
        bool, typer.Option("--peers", help="Tune and evaluate the peers too, the classic methods.")
    ] = False,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A training setting. May be repeated.")
    ] = None,
    budget: Annotated[
        float, typer.Option(min=1, help="Seconds after which a method begins no further configuration.")
    ] = _BUDGET,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures, as report.json has them.")] = False,
) -> None:
    """Measure on held-out events: every method on the same folds, the full catalogue and the same time."""
    from pharos.cli.progress import terminal_progress
    from pharos.evaluation.comparison import compare
    from pharos.evaluation.folds import FittedOn, Protocol
    from pharos.ingest.load import load_dataset
    from pharos.serving.errors import SettingsError
    from pharos.serving.settings import load_settings
    from pharos.towers.settings import TrainingSettings

    if protocol not in list(Protocol):
        raise SettingsError(f"protocol {protocol!r}: there are {', '.join(Protocol)}")
    if fitted_on is not None and fitted_on not in list(FittedOn):
        raise SettingsError(f"fitted-on {fitted_on!r}: there are {', '.join(FittedOn)}")
    chosen = TrainingSettings.parse(set_ or [])
    progress = terminal_progress()
    figures = compare(
        load_dataset(data),
        Protocol(protocol),
        chosen,
        out=out,
        with_peers=peers,
        fitted_on=FittedOn(fitted_on) if fitted_on else None,
        budget=budget,
        text_cache=load_settings().texts_dir,
        progress=progress,
    )
    if as_json:
        print_json(figures)
        return
    _print(figures)
    print(f"{out}/report.html")


def _print(figures: dict[str, Any]) -> None:
    from pharos.evaluation.folds import Protocol
    from pharos.evaluation.headings import describe_ties, heading, short_table

    protocol = Protocol(figures["protocol"])
    columns = short_table(protocol)
    title = f"{figures['dataset']['name']}, {protocol}"
    if figures["fitted_on"]:
        title += f", fitted on {figures['fitted_on']}"
    table = [Column("method", cut=True), *(Column(name, right=True) for name in [*columns, "seconds"])]
    rows = [
        [
            method["name"],
            *(f"{method['metrics'][name]:.4f}" for name in columns.values()),
            f"{sum(method['seconds'].values()):.0f}",
        ]
        for method in figures["methods"]
    ]
    show_table(table, rows, title, bold=[row for row, method in enumerate(figures["methods"]) if method["ours"]])
    for method, compared in figures["comparison"].items():
        for name, part in compared.items():
            low, high = part["interval"]
            ratio = f"{part['ratio']:.3f} times that of {part['best_peer']}, " if part["ratio"] else ""
            title = heading(protocol, name)
            print(f"{method}: {title} {ratio}difference {part['difference']:+.4f} ({low:+.4f} to {high:+.4f})")
    for method in figures["methods"]:
        for name, variant in method.get("variants", {}).items():
            print(f"{method['name']}, {name}: ndcg@10 {variant['ndcg@10']:.4f}, a loss of {variant['loss']:.1%}")
        if method["ours"] and "cold_share_of_lists" in method:
            events = figures["cold_items"]["share_of_events"]
            print(f"{method['name']}: {method['cold_share_of_lists']:.1%} new items in lists, {events:.1%} in events")
    if "ties" in figures:
        print(f"ties: {describe_ties(figures['ties'])}")
    for entry in figures["left_out"]:
        print(f"left out: {entry['name']}: {entry['reason']}")

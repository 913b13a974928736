"""pharos why."""

from typing import Annotated, Final

import typer

from pharos.cli.options import AsJson, Filters, Length

_MARKS: Final = {"passed": "passed", "fell": "FELL", "skipped": "-"}


def why(
    user: Annotated[str, typer.Argument(help="A user of the store.")],
    item: Annotated[str, typer.Argument(help="The item's id.")],
    k: Length = None,
    filters: Filters = None,
    diversity: Annotated[
        float | None, typer.Option(min=0, max=1, help="From 0, the best items, to 1, the most diverse ones.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Explain at which stage an item is dropped for a user, or why it is in the list."""
    from rich.console import Console
    from rich.table import Table

    from pharos.cli.asking import asking
    from pharos.serving.pipeline import Person

    with asking(k, filters, as_json, diversity) as ask:
        trace = ask.pipeline.trace(Person(user), item, ask.selection)
    if as_json:
        from pharos.serving.api.page_schemas import Explanation

        print(Explanation.of(trace).model_dump_json(indent=2))
        return
    console = Console()
    console.print(f"{trace.title or item} for user {user}", style="bold", markup=False, highlight=False)
    console.print(trace.summary, markup=False, highlight=False)
    table = Table(box=None, show_header=False, padding=(0, 1, 0, 0))
    for _ in range(3):
        table.add_column()
    for stage in trace.stages:
        style = {"fell": "bold red", "skipped": "dim"}.get(stage.outcome.value, "")
        # Titles and values of features are text, not markup.
        table.add_row(stage.stage, _MARKS[stage.outcome.value], _plain(stage.detail), style=style)
    console.print(table)
    for reason in trace.listed.because if trace.listed else ():
        console.print(
            f"  {reason.share:.0%} because of {reason.title or reason.item_id}", markup=False, highlight=False
        )


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)

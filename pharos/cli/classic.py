"""pharos classic."""

from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from pharos.cli.options import AsJson, Filters, Length
from pharos.cli.output import Column, print_json, show_table

if TYPE_CHECKING:
    from pharos.classics.prepare import EmbedItems
    from pharos.classics.recommender import Recommended
    from pharos.ingest.dataset import Dataset

_LENGTH: Final = 10


def classic(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="The method, as --list names it.")] = None,
    data: Annotated[
        str | None, typer.Argument(metavar="DATA", help="A data set's folder, or the name ml-100k of the sample.")
    ] = None,
    user: Annotated[str | None, typer.Option(metavar="ID", help="A user of the data set.")] = None,
    history: Annotated[
        str | None, typer.Option(metavar="ID,ID,...", help="Items that somebody liked, oldest first.")
    ] = None,
    k: Length = _LENGTH,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting of the method. May be repeated.")
    ] = None,
    filters: Filters = None,
    list_: Annotated[bool, typer.Option("--list", help="What methods there are, and what each can do.")] = False,
    as_json: AsJson = False,
) -> None:
    """Fit one of the classic recommenders on a data set and recommend, in one go."""
    if list_:
        _show_methods(as_json)
        return
    if name is None or data is None:
        raise typer.BadParameter("give the name of a method and a data set; --list shows the methods")
    if (user is None) == (history is None):
        raise typer.BadParameter("give either --user or --history")
    from pharos.classics.base import Classic
    from pharos.classics.data import Need
    from pharos.classics.recommender import Recommender
    from pharos.classics.registry import find
    from pharos.classics.settings import configured
    from pharos.cli.progress import terminal_progress
    from pharos.cli.rows import passing
    from pharos.ingest.load import load_dataset

    method = configured(find(name), set_ or [])
    dataset = load_dataset(data)
    allowed = passing(dataset, filters or [])
    reads_vectors = isinstance(method, Classic) and Need.TEXT_VECTORS in method.needs
    with terminal_progress().task(f"Fitting {method.name}") as task:
        embed = text_embedding() if reads_vectors else None
        recommender = Recommender.learn(method, dataset, embed)
        task.advance()
    items = [part.strip() for part in history.split(",") if part.strip()] if history is not None else None
    found = recommender.recommend(user=user, history=items, k=k or _LENGTH, allowed=allowed)
    if as_json:
        print_json({"method": method.name, "settings": _settings(method), "items": [asdict(i) for i in found]})
        return
    title = f"{method.name} for user {user}" if user is not None else f"{method.name} after {len(items or [])} items"
    _show(title, found, explained=method.can.explanations)


def text_embedding() -> "EmbedItems | None":
    """A function that encodes item documents with the text model of the settings; None for no text model."""
    from pharos.cli.progress import terminal_progress
    from pharos.serving.settings import load_settings
    from pharos.towers.settings import TrainingSettings
    from pharos.towers.text.documents import documents
    from pharos.towers.text.model import TextModel

    name = TrainingSettings().text_model
    if not name:
        return None
    model, progress = TextModel(name, load_settings().texts_dir), terminal_progress()

    def embed(dataset: "Dataset") -> Any:
        return model.embed(documents(dataset.items, dataset.schema.items), progress)

    return embed


def _settings(method: Any) -> dict[str, Any]:
    return {field.name: getattr(method, field.name) for field in fields(method)}


def _show(title: str, found: "list[Recommended]", *, explained: bool) -> None:
    columns = [
        Column("#", right=True),
        Column("score", right=True),
        Column("title", cut=True, style="bold"),
        Column("item", style="dim"),
        *([Column("because of", cut=True, style="dim")] if explained else []),
    ]
    rows = []
    for item in found:
        reasons = [", ".join(reason.title for reason in item.because)] if explained else []
        rows.append([str(item.rank), f"{item.score:.4g}", item.title, item.item_id, *reasons])
    show_table(columns, rows, title)


def _show_methods(as_json: bool) -> None:
    from pharos.classics.base import Classic
    from pharos.classics.registry import RANKING, RATING, slug

    rows: list[dict[str, Any]] = [
        {
            "name": slug(method.name),
            "summary": method.summary,
            "gives": "order" if issubclass(method, Classic) else "ratings",
            "known users": True,
            "unknown users": method.can.unknown_users,
            "new items": method.can.new_items,
            "explanations": method.can.explanations,
            "needs": sorted(need.value for need in method.needs),
        }
        for method in (*RANKING, *RATING)
    ]
    if as_json:
        print_json(rows)
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(title="Methods, and what each supports", title_justify="left", box=None, padding=(0, 1, 0, 0))
    table.add_column("name", style="bold", no_wrap=True)
    for name in ("known\nusers", "unknown\nusers", "new\nitems", "expla-\nnations"):
        table.add_column(name, justify="center", no_wrap=True)
    table.add_column("what it gives", min_width=20)
    for row in rows:
        marks = ("yes" if row[name] else "-" for name in ("known users", "unknown users", "new items", "explanations"))
        kind = "" if row["gives"] == "order" else "ratings: "
        needs = f" (needs {', '.join(row['needs'])})" if row["needs"] else ""
        table.add_row(row["name"], *marks, f"{kind}{row['summary']}{needs}")
    Console().print(table)

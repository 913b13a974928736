"""pharos recommend, similar, popular, search."""

from typing import Annotated

import typer

from pharos.cli.options import AsJson, Filters, Length


def recommend(
    user: Annotated[str | None, typer.Option(metavar="ID", help="A user of the store.")] = None,
    history: Annotated[
        str | None, typer.Option(metavar="ID,ID,...", help="Items that somebody liked, oldest first.")
    ] = None,
    k: Length = None,
    filters: Filters = None,
    diversity: Annotated[
        float | None, typer.Option(min=0, max=1, help="0 for the best items, to 1 for items unlike each other.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Recommend items to a user, or after a history."""
    if (user is None) == (history is None):
        raise typer.BadParameter("give either --user or --history")
    from pharos.cli.asking import asking
    from pharos.serving.pipeline import Person
    from pharos.towers.histories.queries import HistoryEvent

    items = [part.strip() for part in history.split(",") if part.strip()] if history else []
    person = Person(user, tuple(HistoryEvent(item) for item in items))
    with asking(k, filters, as_json, diversity) as ask:
        ask.show_history(person)
        title = f"Recommended to user {user}" if user is not None else "Recommended after these"
        ask.show(title, ask.pipeline.recommend(person, ask.selection))


def similar(
    item: Annotated[str, typer.Argument(help="The item's id.")],
    k: Length = None,
    filters: Filters = None,
    as_json: AsJson = False,
) -> None:
    """Find items that are like an item."""
    from pharos.cli.asking import asking

    with asking(k, filters, as_json) as ask:
        answer = ask.pipeline.similar(item, ask.selection)
        ask.show(f"Similar to {ask.pipeline.item(item).title or item}", answer)


def popular(
    k: Length = None,
    tag: Annotated[
        list[str] | None, typer.Option(metavar="FEATURE=VALUE", help="Only items with this, as in genres=Drama.")
    ] = None,
    filters: Filters = None,
    as_json: AsJson = False,
) -> None:
    """List the items that most people like."""
    from pharos.cli.asking import asking

    with asking(k, [*(tag or []), *(filters or [])], as_json) as ask:
        ask.show("Popular", ask.pipeline.popular(ask.selection))


def search(
    text: Annotated[str, typer.Argument(help="A title, or what an item is about.")],
    k: Length = None,
    filters: Filters = None,
    as_json: AsJson = False,
) -> None:
    """Find items by title or by meaning."""
    from pharos.cli.asking import asking

    with asking(k, filters, as_json) as ask:
        ask.show(f"Found for “{text}”", ask.pipeline.search(text, ask.selection))

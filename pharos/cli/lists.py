"""pharos recommend, similar, popular, search."""

from pathlib import Path
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
        float | None, typer.Option(min=0, max=1, help="From 0, the best items, to 1, the most diverse ones.")
    ] = None,
    as_json: AsJson = False,
    everybody: Annotated[
        bool, typer.Option("--all", help="Recommend to every user of the store; needs --out.")
    ] = False,
    users: Annotated[
        Path | None, typer.Option(metavar="FILE", help="In place of --all: a text file of user ids, one per line.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="With --all or --users: the Parquet file to write.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="With --out: replace the file.")] = False,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=256,
            help="With --out: processes that answer side by side; by default one for every 5,000 users, at most "
            "one for a core and for 2 GB of memory. Each takes seconds to start.",
        ),
    ] = None,
) -> None:
    """Recommend items to a user, after a history, or to all users at once."""
    if [user is not None, history is not None, everybody, users is not None].count(True) != 1:
        raise typer.BadParameter("give either --user or --history; or --all or --users FILE, with --out")
    if (everybody or users is not None) != (out is not None):
        raise typer.BadParameter("--out goes with --all or --users, and they with it")
    if workers is not None and out is None:
        raise typer.BadParameter("--workers goes with --out")
    if out is not None:
        from pharos.cli.list_file import write_all

        write_all(users, out, k, filters, diversity, force=force, workers=workers)
        return
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
    item: Annotated[str, typer.Argument(help="The item's id; with --data its title too.")],
    k: Length = None,
    filters: Filters = None,
    as_json: AsJson = False,
    data: Annotated[
        str | None, typer.Option(help="Compare the items of this data set; by default the store is asked.")
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(
            help="blend (default), tower, text, neighbours, tfidf or soup; with --data: tfidf (default), binary, "
            "count, frequency, soup, neighbours or text."
        ),
    ] = None,
    measure: Annotated[str | None, typer.Option(help="With --data: cosine (default), dot or euclidean.")] = None,
    feature: Annotated[
        list[str] | None, typer.Option(help="With --data: a column that is compared; by default all. May be repeated.")
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(metavar="ID,ID,...", help="With --data: print the similarities of these to each other."),
    ] = None,
) -> None:
    """Find items that are like an item."""
    if data is not None:
        from pharos.cli.likeness import LikenessOptions, show_alike

        if filters:
            raise typer.BadParameter("--filter is for the store; --data compares all items")
        others = tuple(part.strip() for part in against.split(",") if part.strip()) if against else ()
        options = LikenessOptions(method or "tfidf", measure or "cosine", tuple(feature or ()), others)
        show_alike(data, item, options, k or 10, as_json)
        return
    if measure or feature or against:
        raise typer.BadParameter("--measure, --feature and --against need --data")
    from pharos.cli.asking import asking
    from pharos.cli.options import chosen
    from pharos.serving.pipeline import SimilarMethod

    by = chosen("method", method, SimilarMethod) or SimilarMethod.BLEND
    with asking(k, filters, as_json) as ask:
        answer = ask.pipeline.similar(item, ask.selection, by)
        ask.show(f"Similar to {ask.pipeline.item(item).title or item}{'' if method is None else f', by {by}'}", answer)


def popular(
    data: Annotated[
        str | None,
        typer.Argument(metavar="[DATA]", help="A data set, for a chart of it; by default the store is asked."),
    ] = None,
    k: Length = None,
    tag: Annotated[
        list[str] | None, typer.Option(metavar="FEATURE=VALUE", help="Only items with this, as in genres=Drama.")
    ] = None,
    filters: Filters = None,
    as_json: AsJson = False,
    votes: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="With DATA: the items' count of votes, in place of ratings.")
    ] = None,
    mean: Annotated[str | None, typer.Option(metavar="COLUMN", help="With DATA: the items' mean vote.")] = None,
    m: Annotated[float | None, typer.Option("--m", min=0, help="With DATA: votes that an item needs.")] = None,
    quantile: Annotated[
        float | None, typer.Option(min=0, max=1, help="With DATA: the quantile of votes that is m (0.9).")
    ] = None,
    prior: Annotated[
        float | None, typer.Option(help="With DATA: the mean vote C; by default that of the items.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="7d|DATE", help="Only events from then to the newest one; most events first."),
    ] = None,
    order: Annotated[
        str | None, typer.Option(help="rating (weighted), events (their count), or rising (needs --since).")
    ] = None,
    rising: Annotated[bool, typer.Option("--rising", help="As --order rising: what rises fastest.")] = False,
) -> None:
    """List the items that most people like."""
    from pharos.classics.trending import ChartOrder
    from pharos.cli.charts import ChartOptions, show_chart
    from pharos.cli.options import chosen

    by = chosen("order", "rising" if rising else order, ChartOrder)
    if by is ChartOrder.RISING and since is None:
        raise typer.BadParameter("rising items need a time window: give --since, as in --since 7d")
    options = ChartOptions(votes, mean, m, quantile, prior, since, by)
    if data is not None:
        show_chart(data, options, k or 10, [*(tag or []), *(filters or [])], as_json)
        return
    if options.of_data():
        raise typer.BadParameter(f"{', '.join(options.of_data())}: name a data set; the store has its own chart")
    from pharos.cli.asking import asking

    with asking(k, [*(tag or []), *(filters or [])], as_json) as ask:
        title = f"Popular{f', by {by}' if by else ''}{f', since {since}' if since else ''}"
        ask.show(title, ask.pipeline.popular(ask.selection, by, since))


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

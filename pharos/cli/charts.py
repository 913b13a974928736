"""Popular items of a data set without a store: `pharos popular DATA`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import typer

from pharos.cli.output import Column, print_json, show_table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pharos.classics.data import Floats
    from pharos.classics.scoring import Codes
    from pharos.classics.trending import ChartOrder
    from pharos.ingest.dataset import Dataset

_WHOLE: Final = ("votes", "events", "before")


@dataclass(frozen=True)
class ChartOptions:
    """The options of `pharos popular`. m, quantile, prior: see `pharos.classics.weighted_rating`."""

    votes: str | None = None
    mean: str | None = None
    m: float | None = None
    quantile: float | None = None
    prior: float | None = None
    since: str | None = None
    order: "ChartOrder | None" = None

    def counts_ratings(self) -> bool:
        """Whether the chart is ordered by rating, if there are any; in a time window it is by event count."""
        return self.order is None and (self.since is None or self.m is not None or self.quantile is not None)

    def of_data(self) -> list[str]:
        """The given options that need a data set, as they are typed."""
        return [f"--{name}" for name in ("votes", "mean", "m", "quantile", "prior") if getattr(self, name) is not None]


@dataclass(frozen=True)
class _Shown:
    """items: int64 [n], codes, best first; columns: float64 [n] by heading; caption: what they are ordered by."""

    items: "Codes"
    columns: "dict[str, Floats]"
    caption: str


def show_chart(data: str, options: ChartOptions, k: int, filters: Sequence[str], as_json: bool) -> None:
    """Print the chart of a data set."""
    if (options.votes is None) != (options.mean is None):
        raise typer.BadParameter("--votes and --mean are given together")
    if options.votes is not None and (options.since is not None or options.order == "events"):
        raise typer.BadParameter("--votes holds no events and no times: give it without --since and --order events")
    from pharos.cli.rows import passing
    from pharos.ingest.load import load_dataset

    dataset = load_dataset(data)
    allowed = passing(dataset, filters)
    shown = _rising(dataset, options, allowed) if options.order == "rising" else _chart(dataset, options, allowed)
    _print(dataset, shown, k, as_json)


def _chart(dataset: "Dataset", options: ChartOptions, allowed: "NDArray[np.bool_] | None") -> _Shown:
    from pharos.classics.trending import Window, counts
    from pharos.classics.weighted_rating import DEFAULT_QUANTILE, Votes, WeightedRating

    events = dataset.interactions
    if options.since is not None:
        events = Window.since(options.since, dataset).events(events)
    if options.votes is not None and options.mean is not None:
        votes = Votes.of_columns(dataset, options.votes, options.mean)
    elif options.order == "rating" or (options.counts_ratings() and dataset.schema.has_rating) or events.empty:
        votes = Votes.of_ratings(dataset, events)
    else:
        return _ordered(counts(dataset, events), allowed, "events", "by count of events")
    quantile = DEFAULT_QUANTILE if options.quantile is None else options.quantile
    chart = WeightedRating(options.m, quantile, options.prior).chart(votes, allowed)
    columns = {"score": chart.scores, "votes": votes.counts[chart.items], "mean vote": votes.means[chart.items]}
    caption = f"by weighted rating: items of at least {chart.m:,.6g} votes; mean vote {chart.mean:.4f}"
    return _Shown(chart.items, columns, caption)


def _rising(dataset: "Dataset", options: ChartOptions, allowed: "NDArray[np.bool_] | None") -> _Shown:
    from pharos.classics.trending import Window, counts, rising

    window = Window.since(options.since or "", dataset)
    caption = "by how far events are above what the window before leads one to expect, in standard deviations"
    shown = _ordered(rising(dataset, window), allowed, "rise", caption)
    for name, part in (("events", window), ("before", window.before)):
        shown.columns[name] = counts(dataset, part.events(dataset.interactions))[shown.items]
    return shown


def _ordered(scores: "Floats", allowed: "NDArray[np.bool_] | None", name: str, caption: str) -> _Shown:
    import numpy as np

    items = np.argsort(-scores, kind="stable")
    items = items[scores[items] > 0]
    if allowed is not None:
        items = items[allowed[items]]
    return _Shown(items, {name: scores[items]}, caption)


def _print(dataset: "Dataset", shown: _Shown, k: int, as_json: bool) -> None:
    items = shown.items[:k]
    ids, titles = (dataset.items[name].iloc[items].tolist() for name in ("item_id", "title"))
    rows = list(enumerate(zip(ids, titles, strict=True)))
    if as_json:
        values = [{name.replace(" ", "_"): float(v[row]) for name, v in shown.columns.items()} for row, _ in rows]
        found = [{"rank": row + 1, "item_id": item, "title": title, **values[row]} for row, (item, title) in rows]
        print_json({"chart": shown.caption, "items": found})
        return
    columns = [
        *(Column(name, right=True) for name in ("#", *shown.columns)),
        Column("title", cut=True, style="bold"),
        Column("item", style="dim"),
    ]
    table = []
    for row, (item, title) in rows:
        cells = (f"{v[row]:,.0f}" if name in _WHOLE else f"{v[row]:.4f}" for name, v in shown.columns.items())
        table.append([str(row + 1), *cells, title, item])
    show_table(columns, table, f"Popular in {dataset.name}", shown.caption)

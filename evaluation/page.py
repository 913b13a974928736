"""The report as one self-contained HTML page, with tables and plots."""

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any, Final

from pharos.classics.extras import MissingExtra
from pharos.evaluation import plots
from pharos.evaluation.folds import Protocol
from pharos.evaluation.headings import describe_ties, heading, table

_STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; color: #212529; background: #fff; max-width: 1060px; margin: 2rem auto;
       padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: 0; } h2 { font-size: 1.1rem; margin-top: 2rem; }
p.lead { color: #495057; margin-top: .2rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .3rem .6rem; border-bottom: 1px solid #e9ecef; }
th:first-child, td:first-child { text-align: left; } tr.ours { font-weight: 600; color: #d9480f; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(420px, 1fr)); gap: 1rem; }
.plots svg { width: 100%; height: auto; } small { color: #868e96; } code { font-size: .85em; }
"""
_HALF: Final = 0.5


def write_page(figures: dict[str, Any], path: Path) -> None:
    """Write the page; without the plotting library it has the tables alone, and says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(figures), "utf-8")


def page(figures: dict[str, Any]) -> str:
    """The page of one report, as HTML; figures: see pharos.evaluation.report.report."""
    dataset = figures["dataset"]
    title = f"{dataset['name']}, {figures['protocol']}"
    if figures["fitted_on"]:
        title += f", fitted on {figures['fitted_on']}"
    lead = (
        f"{dataset['users']:,} users, {dataset['items']:,} items, {dataset['fitted_events']:,} events to learn from, "
        f"{dataset['known_events']:,} in the histories, {dataset['held_out_events']:,} held out. "
        f"Pharos {figures['pharos']}, {figures['created']}."
    )
    body = "\n".join(
        [
            f"<h1>{escape(title)}</h1>",
            f"<p class=lead>{escape(lead)}</p>",
            *_comparison(figures),
            _table(figures),
            *_notes(figures),
            "<div class=plots>",
            *_pictures(figures),
            "</div>",
            "<h2>Settings</h2>",
            *_settings(figures),
        ]
    )
    return (
        f"<!doctype html>\n<html lang=en><meta charset=utf-8><title>{escape(title)}</title>\n"
        f"<style>{_STYLE}</style>\n<body>\n{body}\n</body></html>\n"
    )


def _comparison(figures: dict[str, Any]) -> Iterator[str]:
    for name, compared in figures["comparison"].items():
        protocol = Protocol(figures["protocol"])
        rows = "".join(_against(heading(protocol, metric), part) for metric, part in compared.items())
        head = "<tr><th>metric<th>ours<th>best peer<th>ratio<th>difference, 95 %"
        yield f"<h2>{escape(name)} against the best peer</h2>\n<table>{head}\n{rows}</table>\n<h2>All methods</h2>"


def _against(metric: str, part: dict[str, Any]) -> str:
    ratio = f"{part['ratio']:.3f}" if part["ratio"] else "-"
    low, high = part["interval"]
    return (
        f"<tr><td>{metric}<td>{part['ours']:.4f}<td>{part['peer']:.4f} <small>{escape(part['best_peer'])}</small>"
        f"<td><b>{ratio}</b><td>{part['difference']:+.4f} <small>{low:+.4f} to {high:+.4f}</small>\n"
    )


def _table(figures: dict[str, Any]) -> str:
    columns = table(Protocol(figures["protocol"]))
    head = "".join(f"<th>{name}" for name in ("method", *columns, "seconds"))
    rows = []
    for method in figures["methods"]:
        cells = [escape(method["name"]), *(_figure(method, name) for name in columns.values())]
        cells.append(f"{sum(method['seconds'].values()):.0f}")
        rows.append(f"<tr{' class=ours' if method['ours'] else ''}>" + "".join(f"<td>{cell}" for cell in cells))
    return f"<table><tr>{head}\n" + "\n".join(rows) + "</table>"


def _figure(method: dict[str, Any], name: str) -> str:
    text = f"{method['metrics'][name]:.4f}"
    if name in method["intervals"]:
        low, high = method["intervals"][name]
        text += f" <small>{low:.3f}-{high:.3f}</small>"
    return text


def _notes(figures: dict[str, Any]) -> Iterator[str]:
    for method in figures["methods"]:
        for name, variant in method.get("variants", {}).items():
            asked = f"{escape(method['name'])}, asked by {escape(name)}"
            yield f"<p>{asked}: ndcg@10 {variant['ndcg@10']:.4f}, a loss of {variant['loss']:.1%}.</p>"
        yield from (
            _diversity(method, degree) for degree in method.get("diversity", ()) if degree["diversity"] == _HALF
        )
    if "cold_items" in figures:
        shares = ", ".join(
            f"{escape(method['name'])} {method['cold_share_of_lists']:.1%}" for method in figures["methods"]
        )
        cold = figures["cold_items"]
        yield (
            f"<p>New items are {cold['share_of_catalogue']:.1%} of the catalogue and {cold['share_of_events']:.1%} of "
            f"all events. Their share of lists over the full catalogue: {shares}.</p>"
        )
    if "ties" in figures:
        yield f"<p>Ties: {escape(describe_ties(figures['ties']))}.</p>"
    for entry in figures["left_out"]:
        yield f"<p>Left out: {escape(entry['name'])}: {escape(entry['reason'])}</p>"


def _diversity(method: dict[str, Any], degree: dict[str, Any]) -> str:
    return (
        f"<p>{escape(method['name'])}, half of all diversity: the items of a list are {degree['less_alike']:.1%} less "
        f"alike, at a loss of {degree['loss']:.1%} of ndcg@10.</p>"
    )


def _pictures(figures: dict[str, Any]) -> Iterator[str]:
    methods = figures["methods"]
    try:
        if figures["protocol"] == "rating":
            yield plots.by_method(methods, "rmse")
            return
        yield plots.by_method(methods, "ndcg@10")
        yield plots.by_method(methods, "recall@100")
        for metric in ("ndcg@10", "recall@100"):
            title = f"{metric} by length of history"
            yield plots.by_bin(methods, f"{metric}_by_history", "known events of the user", title)
        events = "held-out" if figures["protocol"] == "cold" else "known"
        label = f"{events} events of the item, by tenth of items"
        yield plots.by_bin(methods, "recall@100_by_popularity", label, "recall@100 by item popularity")
        yield plots.variety(methods)
        yield from (plots.diversity(method) for method in methods if method["diversity"])
        yield from (plots.training(method) for method in methods if method["curves"])
    except MissingExtra as error:
        yield f"<p>No pictures: {escape(str(error))}</p>"


def _settings(figures: dict[str, Any]) -> Iterator[str]:
    yield (
        "<p>Each was chosen on events held out within the training part; the test part was not looked at. "
        f"No configuration was begun after {figures['budget_seconds']:.0f} seconds.</p><ul>"
    )
    for method in figures["methods"]:
        settings = ", ".join(f"{key}={value}" for key, value in method["settings"].items()) or "none"
        tried = f"{len(method['attempts'])} tried" + (
            f", {method['untried']} left untried" if method["untried"] else ""
        )
        yield f"<li>{escape(method['name'])} ({tried}): <code>{escape(settings)}</code>"
    yield "</ul>"

"""Similar items of a data set without a store: `pharos similar ITEM --data DATA`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pharos.cli.output import Column, print_json, show_table

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class LikenessOptions:
    """The options of `pharos similar`. features: columns compared; against: items of the table."""

    method: str = "tfidf"
    measure: str = "cosine"
    features: tuple[str, ...] = ()
    against: tuple[str, ...] = ()


def show_alike(data: str, item: str, options: LikenessOptions, k: int, as_json: bool) -> None:
    """Print the items most similar to one, or a table of pairwise similarities."""
    from pharos.classics.errors import CannotAnswer
    from pharos.classics.similar_items import ItemVectors, Likeness
    from pharos.classics.similarity import Measure
    from pharos.cli.classic import text_embedding
    from pharos.ingest.load import load_dataset

    if options.method not in list(Likeness):
        raise CannotAnswer(f"method {options.method!r}: of a data set alone there are {', '.join(Likeness)}")
    if options.measure not in list(Measure):
        raise CannotAnswer(f"measure {options.measure!r}: there are {', '.join(Measure)}")
    likeness, measure = Likeness(options.method), Measure(options.measure)
    dataset = load_dataset(data)
    embed = text_embedding() if likeness is Likeness.TEXT else None
    vectors = ItemVectors.of(dataset, likeness, options.features, embed)
    row = vectors.row(item)
    if options.against:
        rows = [row, *(vectors.row(other) for other in options.against)]
        _print_table(vectors.table(rows, measure), f"{likeness}, {measure}", as_json)
        return
    ids, titles = dataset.items["item_id"], dataset.items["title"]
    found = [
        {"rank": rank, "item_id": ids.iloc[place], "title": titles.iloc[place], "score": float(score)}
        for rank, (place, score) in enumerate(zip(*vectors.similar(row, k, measure), strict=True), 1)
    ]
    if as_json:
        print_json({"item_id": ids.iloc[row], "method": likeness, "measure": measure, "items": found})
    else:
        _print_list(f"Like {titles.iloc[row]}: {likeness}, {measure}", found)


def _print_list(title: str, found: list[dict[str, Any]]) -> None:
    columns = [
        Column("#", right=True),
        Column("score", right=True),
        Column("title", cut=True, style="bold"),
        Column("item", style="dim"),
    ]
    rows = [[str(entry["rank"]), f"{entry['score']:.4f}", entry["title"], entry["item_id"]] for entry in found]
    show_table(columns, rows, title)


def _print_table(scores: "pd.DataFrame", title: str, as_json: bool) -> None:
    names = [str(name) for name in scores.index]
    if as_json:
        print_json({"titles": names, "scores": scores.to_numpy().tolist()})
        return
    columns = [Column("", cut=True, style="bold"), *(Column(name, right=True, cut=True) for name in names)]
    rows = [[name, *(f"{value:.4f}" for value in row)] for name, row in zip(names, scores.to_numpy(), strict=True)]
    show_table(columns, rows, f"Similarities: {title}")

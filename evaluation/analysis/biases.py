"""Item biases of the rating model: the best and worst rated items, apart from personal taste."""

from typing import Any, Final

import numpy as np
import pandas as pd

from pharos.evaluation.analysis.drawing import COLOURS, INK, picture, short
from pharos.evaluation.analysis.findings import Section, Table
from pharos.evaluation.analysis.subject import Subject
from pharos.ingest.columns import Columns

_TITLE: Final = "Most and least liked beyond taste"
_SHOWN: Final = 12
_FEWEST_RATINGS: Final = 10
_NORMAL_95: Final = 1.96


def biases(subject: Subject) -> Section:
    """Item biases of the rating model, with the counts and means of their ratings.

    The model's rating is mean + item bias + user bias + item factors · user factors (see
    pharos.towers.ratings.model), so an item's bias is its rating apart from personal taste.
    """
    model = subject.bundle.ratings
    if model is None:
        return Section(_TITLE, ("The bundle has no rating model: its data had no ratings, or too few to learn from.",))
    table = _table(subject)
    fewest = _FEWEST_RATINGS if (table["ratings"] >= _FEWEST_RATINGS).sum() >= 2 * _SHOWN else 0
    sure = table[table["ratings"] >= fewest]
    most, least = sure.head(_SHOWN), sure.tail(_SHOWN).drop(sure.head(_SHOWN).index, errors="ignore")
    if sure.empty:
        return Section(_TITLE, ("None of these items is known to the rating model.",))
    limit = f"items with at least {fewest} ratings" if fewest else "all items"
    caption = (
        f"What an item is rated above the mean of all ratings ({model.mean:.2f}) by somebody without a taste, and the "
        f"interval that holds it with 95 % probability under the model's posterior; {limit}. "
        f"Seed of the rating model {subject.bundle.manifest.settings.seed}."
    )
    ends = pd.concat([most, least])

    def draw(figure: Any) -> None:
        axes = figure.add_subplot()
        places = np.arange(len(ends))[::-1] + np.where(np.arange(len(ends)) < len(most), 0.6, 0.0)
        colours = [COLOURS[0] if bias > 0 else COLOURS[1] for bias in ends["bias"]]
        reach = _NORMAL_95 * ends["deviation"]
        axes.barh(places, ends["bias"], xerr=reach, color=colours, height=0.7, error_kw={"lw": 0.9, "ecolor": INK})
        axes.set_yticks(places, [short(title, 44) for title in ends["title"]])
        axes.axvline(0, color=INK, lw=0.8)
        axes.set_xlabel("bias, in units of the rating")
        axes.set_title("Liked most and least beyond taste")

    plot = picture("item-biases", caption, draw, height=0.9 + 0.19 * len(ends))
    written = Table("item-biases", f"All items of the rating model; on this page the ends among {limit}.", table, ends)
    return Section(_TITLE, (), (plot,), (written,))


def _table(subject: Subject) -> pd.DataFrame:
    """One row for each item that both the rating model and the data have, the largest bias first."""
    model, spec = subject.bundle.ratings, subject.bundle.towers.spec
    assert model is not None
    rows = spec.items.codes(subject.ids).astype(np.int64) - 1
    here = np.flatnonzero((rows >= 0) & (rows < len(model.factors)))
    interactions = subject.dataset.interactions
    if Columns.RATING in interactions:
        rated = interactions.groupby(Columns.ITEM)[Columns.RATING].agg(["count", "mean"])
    else:
        rated = pd.DataFrame({"count": [], "mean": []})
    rated = rated.reindex([subject.ids[row] for row in here])
    table = pd.DataFrame(
        {
            "item_id": [subject.ids[row] for row in here],
            "title": [subject.titles[row] for row in here],
            "bias": model.item_biases[rows[here]],
            "deviation": np.sqrt(model.variances[rows[here], -1]),
            "ratings": rated["count"].fillna(0).to_numpy(np.int64),
            "mean_rating": rated["mean"].to_numpy(np.float64),
        }
    )
    return table.sort_values("bias", ascending=False, kind="stable", ignore_index=True)

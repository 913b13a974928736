"""The effect of an item's popularity on its vector.

The towers' vectors have length 1, so their norms say nothing. Two things do: how far an item's vector with its id is
from the one it would have as a new item, by its metadata alone; and the lengths of the rating model's factors, which
are free.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from pharos.evaluation.analysis.drawing import COLOURS, logarithmic, picture, trend
from pharos.evaluation.analysis.findings import Section, Table
from pharos.evaluation.analysis.subject import Floats, Subject
from pharos.ingest.columns import Columns

_TITLE: Final = "Norms against popularity"
_NO_ID: Final = "\0 as a new item {row}"

Values = npt.NDArray[np.float64]


def norms(subject: Subject) -> Section:
    """How far an item's own events moved its vector, and the length of its rating factors, by event count."""
    here = np.flatnonzero(subject.known & (subject.events > 0))
    if len(here) < 3:
        return Section(_TITLE, ("Fewer than three items of the data were seen in training and have an event.",))
    moved = 1 - np.einsum("nd,nd->n", subject.vectors[here], _vectors_as_new_items(subject, here)).astype(np.float64)
    table = pd.DataFrame(
        {"item_id": [subject.ids[row] for row in here], "title": [subject.titles[row] for row in here],
         "events": subject.events[here], "moved_by_id": moved}
    )  # fmt: skip
    panels = [("moved_by_id", "1 minus cosine with and without the id", "Moved by the item's own events")]
    model = subject.bundle.ratings
    if model is not None:
        rows = subject.bundle.towers.spec.items.codes(table["item_id"]).astype(np.int64) - 1
        table["rating_factor_norm"] = np.linalg.norm(
            model.factors[np.minimum(rows, len(model.factors) - 1), :-1], axis=1
        )
        panels.append(("rating_factor_norm", "length of the rating factors", "Length of the rating factors"))
    ranks = table[["events", *(name for name, _, _ in panels)]].rank().corr()["events"]

    def draw(figure: Any) -> None:
        every = figure.subplots(1, len(panels), squeeze=False)[0]
        for axes, (name, label, title) in zip(every, panels, strict=True):
            axes.scatter(table["events"], table[name], s=5, color=COLOURS[0], lw=0, alpha=0.45)
            logarithmic(axes)
            trend(axes, table["events"].to_numpy(np.float64), table[name].to_numpy(np.float64))
            axes.set_xlabel("events of the item")
            axes.set_ylabel(label)
            axes.set_ylim(bottom=0)
            axes.set_title(f"{title}\nrank correlation {ranks[name]:+.2f}", fontsize=10)

    caption = (
        "The towers' vectors have length 1, so their norms say nothing. Left: how far an item is from where its "
        "metadata alone would put it."
        + (" Right: the rating model's factors, whose lengths are free. " if model is not None else " ")
        + f"The line joins medians of bins of as many items. {len(table):,} items; nothing here is drawn at random "
        f"(seed {subject.settings.seed})."
    )
    remark = "The towers' vectors have length 1: the id part and the rating factors are what can be long or short." + (
        "" if model is not None else " The bundle has no rating model."
    )
    plot = picture("norms", caption, draw, height=3.6)
    written = Table("norms", "By item.", table.sort_values("events", ascending=False, kind="stable"), table.head(0))
    return Section(_TITLE, (remark,), (plot,), (written,))


def _vectors_as_new_items(subject: Subject, rows: npt.NDArray[np.int64]) -> Floats:
    """The vectors that these items would have as new items, unseen in training."""
    items = subject.dataset.items.iloc[rows]
    unknown = items.assign(**{Columns.ITEM: [_NO_ID.format(row=row) for row in rows]})
    text = None if subject.text is None else subject.text[rows]
    return subject.bundle.towers.item_vectors(unknown, text)

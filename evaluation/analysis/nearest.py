"""Nearest neighbours of items by cosine similarity of their vectors."""

from typing import Final

import numpy as np
import pandas as pd

from pharos.evaluation.analysis.findings import Section, Table
from pharos.evaluation.analysis.subject import Subject

_TITLE: Final = "Nearest neighbours"
_POPULAR: Final = 10
_SHOWN: Final = 8


def nearest(subject: Subject) -> Section:
    """The nearest neighbours of the wanted items, or of the most popular ones."""
    rows = np.array([subject.row(item) for item in subject.settings.items] or subject.popular[:_POPULAR], np.int64)
    if len(subject) < 2:
        return Section(_TITLE, ("One item alone has no neighbours.",))
    cosines = subject.vectors[rows] @ subject.vectors.T
    cosines[np.arange(len(rows)), rows] = -np.inf
    order = np.argsort(-cosines, axis=1, kind="stable")[:, : min(_SHOWN, len(subject) - 1)]
    found = [
        {
            "item_id": subject.ids[row], "title": subject.titles[row], "place": place,
            "neighbour_id": subject.ids[other], "neighbour": subject.titles[other], "cosine": cosine[other],
        }
        for row, others, cosine in zip(rows, order, cosines, strict=True)
        for place, other in enumerate(others, start=1)
    ]  # fmt: skip
    wide = [
        {
            "item": subject.titles[row],
            "nearest, with the cosine": "; ".join(f"{subject.titles[o]} ({cosine[o]:.2f})" for o in others),
        }
        for row, others, cosine in zip(rows, order, cosines, strict=True)
    ]
    which = "the items asked for" if subject.settings.items else "the items with most events"
    table = Table("nearest-neighbours", f"Neighbours of {which}.", pd.DataFrame(found), pd.DataFrame(wide))
    return Section(_TITLE, (), (), (table,))

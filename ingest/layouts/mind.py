"""MIND: news reading logs; behaviors.tsv holds each user's reading history and clicks."""

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from pharos.ingest.assemble import EntityTable, InteractionTable, assemble
from pharos.ingest.dataset import Dataset
from pharos.ingest.schema import Feature, FeatureType
from pharos.ingest.tables.line_table import read_lines
from pharos.ingest.tables.table import Table
from pharos.ingest.values.times import TimeFormat

FILES: Final = ("behaviors.tsv", "news.tsv")
_BEHAVIOURS: Final = ["impression", "user", "time", "history", "impressions"]
_NEWS: Final = ["item", "category", "subcategory", "title", "abstract", "url", "title_entities", "abstract_entities"]
_FEATURES: Final = (
    Feature("category", FeatureType.CATEGORY),
    Feature("subcategory", FeatureType.CATEGORY),
    Feature("abstract", FeatureType.TEXT),
)
_TIME: Final = "%m/%d/%Y %I:%M:%S %p"


def read_mind(folder: Path) -> Dataset:
    """Read the clicks and the news.

    A history has no times: what a user had read stands one second apart before the first page that shows it.
    """
    pages = read_lines(folder / FILES[0], _BEHAVIOURS, "\t", encoding="utf-8")
    news = read_lines(folder / FILES[1], _NEWS, "\t", encoding="utf-8")
    return assemble(
        folder.resolve().name,
        InteractionTable(_clicks(pages), "user", "item", timestamp="time", times=TimeFormat("s")),
        EntityTable(news, "item", "title", _FEATURES),
        None,
    )


def _clicks(pages: Table) -> Table:
    """One row per article that was read, in the order of the page views."""
    moments = pd.to_datetime(pages.frame["time"], format=_TIME, errors="coerce", utc=True)
    unread = moments.isna().to_numpy()
    pages = pages.drop(unread, f"time is no time of the format {_TIME!r}", "time")
    seconds = moments[~unread].dt.tz_convert(None).astype("datetime64[s]").astype(np.int64)
    # The history is that of the user's first page, and the same on the next ones.
    in_time = pages.frame.loc[seconds.sort_values(kind="stable").index]
    first = set(in_time.index[~in_time["user"].duplicated()])
    rows: list[tuple[int, str, str, int]] = []
    columns = (pages.frame[name].tolist() for name in ("user", "history", "impressions"))
    for page, second, user, history, shown in zip(pages.frame.index, seconds.tolist(), *columns, strict=True):
        read = history.split() if page in first else []
        rows += [(page, user, item, second - len(read) + place) for place, item in enumerate(read)]
        marked = (entry.rpartition("-") for entry in shown.split())
        rows += [(page, user, item, second) for item, _, mark in marked if mark == "1"]
    frame = pd.DataFrame(rows, columns=["page", "user", "item", "time"])
    frame = frame.astype({"user": "str", "item": "str", "time": "int64"}).set_index("page")
    frame.index.name = None
    return Table(
        frame, pages.places, ((pages.file, len(frame) + pages.rows - len(pages.frame)),), pages.findings, pages.rejected
    )

"""Warnings about data that can be read but will be of little use in training."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pandas as pd

from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset
from pharos.ingest.schema import Feature, FeatureType

_FEWEST_ROWS: Final = 20
"""Below it shares say nothing."""
_UNIQUE_SHARE: Final = 0.95
_FILLED_SHARE: Final = 0.05
_SHARE_OF_ONE: Final = 0.5
_SHOWN: Final = 3


@dataclass(frozen=True)
class Advice:
    """One warning. table: "interactions", "items" or "users". subject: the feature, user or item, or ""."""

    table: str
    subject: str
    message: str

    def __str__(self) -> str:
        return f"{self.table}{f' {self.subject!r}' if self.subject else ''}: {self.message}"


def advise(dataset: Dataset) -> list[Advice]:
    """Warnings about a data set, the most important first."""
    return [
        *_events(dataset),
        *_features("items", dataset.items, Columns.ITEM, dataset.schema.items),
        *_features("users", dataset.users, Columns.USER, dataset.schema.users),
    ]


def _events(dataset: Dataset) -> Iterator[Advice]:
    events = dataset.interactions
    if events.empty:
        yield Advice(
            "interactions", "", "there are none: items can be imported and searched, but nothing can be trained"
        )
        return
    by_user, by_item = events[Columns.USER].value_counts(), events[Columns.ITEM].value_counts()
    for name, counts, what in (("user", by_user, "events"), ("item", by_item, "events")):
        if len(counts) > 1 and counts.iloc[0] >= _SHARE_OF_ONE * len(events):
            share = counts.iloc[0] / len(events)
            yield Advice(
                "interactions",
                str(counts.index[0]),
                f"this one {name} has {share:.0%} of all {what}: a robot, a test or a missing id?",
            )
    if len(by_user) > 1 and by_user.max() == by_user.min() == len(by_item):
        yield Advice("interactions", "", "every user has the same items: only one list for all can be learnt")
    single = int((by_user == 1).sum())
    if len(by_user) >= _FEWEST_ROWS and single > 0.8 * len(by_user):
        yield Advice(
            "interactions",
            "",
            f"{single:,} of {len(by_user):,} users have one event: which items go together cannot be learnt from them",
        )
    for column, what in ((Columns.RATING, "rating"), (Columns.TIMESTAMP, "time")):
        if column in events and len(events) >= _FEWEST_ROWS and events[column].nunique() == 1:
            yield Advice("interactions", column, f"every event has the {what} {events[column].iloc[0]:g}: says nothing")
    lonely = dataset.items[Columns.ITEM][~dataset.items[Columns.ITEM].isin(by_item.index)]
    if len(lonely):
        first = ", ".join(map(repr, lonely.iloc[:_SHOWN]))
        yield Advice(
            "items",
            "",
            f"{len(lonely):,} of {len(dataset.items):,} items have no event, and are known by their features alone "
            f"({first}{', …' if len(lonely) > _SHOWN else ''})",
        )


def _features(table: str, frame: pd.DataFrame, id_column: str, features: tuple[Feature, ...]) -> Iterator[Advice]:
    if frame.empty:
        return
    for feature in features:
        values = frame[feature.name]
        filled = values[_filled(values, feature.type)]
        if filled.empty:
            yield Advice(table, feature.name, "every value is missing")
            continue
        texts = filled.astype("str")
        distinct = texts.nunique()
        if distinct == 1 and len(filled) == len(frame) and len(frame) > 1:
            yield Advice(table, feature.name, f"every value is {texts.iloc[0][:60]}: a constant carries no information")
        elif len(filled) < _FILLED_SHARE * len(frame):
            yield Advice(
                table, feature.name, f"{len(filled):,} of {len(frame):,} values are there, the rest is missing"
            )
        elif (texts == frame[id_column].loc[texts.index]).mean() > _UNIQUE_SHARE:
            yield Advice(table, feature.name, "repeats the id, which is no feature")
        elif (
            feature.type is FeatureType.CATEGORY
            and len(filled) >= _FEWEST_ROWS
            and distinct > _UNIQUE_SHARE * len(filled)
        ):
            what = 'an id, or a text: "text" reads its words'
            yield Advice(table, feature.name, f"{distinct:,} categories among {len(filled):,} values: {what}")


def _filled(values: pd.Series, kind: FeatureType) -> pd.Series:
    if kind in (FeatureType.CATEGORY, FeatureType.TEXT):
        return values != ""
    if kind is FeatureType.TAGS:
        return values.map(len) > 0
    return values.notna()

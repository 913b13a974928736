"""Builds a Dataset from tables of any layout: ids and values are checked, each bad row is counted and dropped."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from pharos.ingest.cells import type_features, type_moments, type_numbers, type_texts
from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset
from pharos.ingest.errors import DataError
from pharos.ingest.events import choose_types, merge_weighed, weigh
from pharos.ingest.id_forms import FORMS, find_differences
from pharos.ingest.limits import MAX_TEXT
from pharos.ingest.report import Finding, IngestReport, Outcome
from pharos.ingest.schema import Feature, Schema
from pharos.ingest.tables.table import SHOWN_CASES, Table
from pharos.ingest.unicode import clean_ids
from pharos.ingest.values.times import TimeFormat, read_times, suspicious

SHOWN = (Columns.AVAILABLE_FROM, Columns.AVAILABLE_UNTIL)
_WEIGHT = "weight of the event"


@dataclass(frozen=True)
class InteractionTable:
    """A table of interactions and the roles of its columns. rating, timestamp, type: None if there is none.

    times: how the timestamps are written. decimal: the mark in ratings, None if it is to be found. types: those that
    are read, None for all. weights: what an event of each type weighs, which stands for its rating.
    """

    table: Table
    user: str
    item: str
    rating: str | None = None
    timestamp: str | None = None
    type: str | None = None
    times: TimeFormat = field(default_factory=TimeFormat)
    decimal: str | None = None
    types: tuple[str, ...] | None = None
    weights: Mapping[str, float] | None = None


@dataclass(frozen=True)
class EntityTable:
    """A table of items or users: its columns of id and title (None if there is none), and its features.

    folder: where the files are that cells name, None where none can be named.
    decimal: the mark in numbers, None if it is to be found. dates: the features that are written as times, and how.
    shown: of items, the columns that say from and until when one is shown, by `SHOWN`. shown_times: how these are
    written.
    html: the texts that are read without their HTML. keep_unlisted: whether an event of an item without a row is used.
    """

    table: Table
    id: str
    title: str | None = None
    features: tuple[Feature, ...] = ()
    decimal: str | None = None
    dates: Mapping[str, TimeFormat] = field(default_factory=dict)
    html: tuple[str, ...] = ()
    keep_unlisted: bool = False
    folder: Path | None = None
    shown: Mapping[str, str] = field(default_factory=dict)
    shown_times: TimeFormat = field(default_factory=TimeFormat)


def assemble(
    name: str,
    interactions: InteractionTable | None,
    items: EntityTable | None,
    users: EntityTable | None,
    *,
    ids: str | None = None,
    strict: bool = True,
) -> Dataset:
    """Check the tables against each other and return the typed data set; a table may be absent.

    ids: one of `FORMS`, to bring all ids to, None to keep them as they are.
    Errors: DataError if more than 5 % of a table's rows are bad, or of a feature's cells unreadable; with `strict`
    off these stand in the report's faults.
    """
    item_frame, item_features, report = _type_entities(items, Columns.ITEM, "items", ids)
    user_frame, user_features, user_report = _type_entities(users, Columns.USER, "users", ids)
    report = report.merge(user_report)
    events = pd.DataFrame({Columns.USER: pd.Series(dtype="str"), Columns.ITEM: pd.Series(dtype="str")})
    if interactions is not None:
        known = None if items is None else item_frame[Columns.ITEM]
        events, event_report = _type_interactions(
            interactions, known, ids, keep=items is not None and items.keep_unlisted
        )
        report = report.merge(event_report)
    if strict and report.faults:
        raise DataError(report.faults[0])
    if users is not None:
        report = report.merge(IngestReport(findings=_unlisted_users(users, user_frame, events)))
    item_frame = _add_unlisted(item_frame, item_features, events[Columns.ITEM], Columns.ITEM)
    user_frame = _add_unlisted(user_frame, user_features, events[Columns.USER], Columns.USER)
    has_title = items is not None and items.title is not None
    titles = item_frame[Columns.TITLE].fillna("") if has_title else item_frame[Columns.ITEM]
    item_frame = item_frame.assign(**{Columns.TITLE: titles})
    shown = [name for name in SHOWN if name in item_frame]
    item_columns = [Columns.ITEM, Columns.TITLE, *(feature.name for feature in item_features), *shown]
    schema = Schema(
        items=item_features,
        users=user_features,
        has_rating=Columns.RATING in events,
        has_timestamp=Columns.TIMESTAMP in events,
        has_title=has_title,
    )
    return Dataset(name, events, item_frame[item_columns], user_frame, schema, report)


def _type_entities(
    source: EntityTable | None, id_column: str, kind: str, ids: str | None
) -> tuple[pd.DataFrame, tuple[Feature, ...], IngestReport]:
    """The frame with the id as `id_column`, the title and the typed features."""
    if source is None:
        return pd.DataFrame({id_column: pd.Series(dtype="str")}), (), IngestReport()
    table = _type_ids(source.table, source.id, ids)
    repeated = table.frame[source.id].duplicated(keep="first").to_numpy()
    table = table.drop(repeated, f"repeated {source.id}: the first row is kept", source.id)
    table, features = type_features(
        table, source.features, source.decimal, source.dates, source.html, folder=source.folder
    )
    names = {source.id: id_column}
    if source.title is not None:
        table = type_texts(table, source.title, MAX_TEXT)
        names[source.title] = Columns.TITLE
    for name, column in source.shown.items():
        table = type_moments(table, column, source.shown_times)
        names[column] = name
    table = _note_never_shown(table, source.shown)
    frame = table.frame[[*names, *(feature.name for feature in features)]].rename(columns=names)
    return frame.reset_index(drop=True), features, _account(table, kind)


def _note_never_shown(table: Table, shown: Mapping[str, str]) -> Table:
    if any(name not in shown for name in SHOWN):
        return table
    begin, end = (table.frame[shown[name]].to_numpy(np.float64) for name in SHOWN)
    reason = f"{shown[SHOWN[1]]} is not after {shown[SHOWN[0]]}: the item is never shown"
    return table.note(Outcome.NOTED, end <= begin, reason, shown[SHOWN[1]])


def _type_interactions(
    source: InteractionTable, known_items: pd.Series | None, ids: str | None, *, keep: bool
) -> tuple[pd.DataFrame, IngestReport]:
    table = _type_ids(_type_ids(source.table, source.user, ids), source.item, ids)
    if known_items is not None:
        table = (_note_unknown if keep else _drop_unknown)(table, source.item, known_items)
    names = {source.user: Columns.USER, source.item: Columns.ITEM}
    rating = source.rating
    if source.type is not None:
        types = source.types or (tuple(source.weights) if source.weights else None)
        table = choose_types(table, source.type, types) if types else table
        if source.weights is not None:
            rating = _WEIGHT
            table = table.with_columns(**{_WEIGHT: weigh(table, source.type, source.weights)})
            names[_WEIGHT] = Columns.RATING
    if source.rating is not None:
        table, numbers = type_numbers(table, source.rating, source.decimal)
        with np.errstate(over="ignore"):
            ratings = numbers.values.astype(np.float32)
        bad = ~np.isfinite(ratings)
        table = table.drop(bad, f"{source.rating} is no finite number", source.rating)
        table = table.with_columns(**{source.rating: ratings[~bad]})
        names[source.rating] = Columns.RATING
    if source.timestamp is not None:
        table = _type_timestamps(table, source.timestamp, source.times)
        names[source.timestamp] = Columns.TIMESTAMP
    if rating == _WEIGHT:
        table = merge_weighed(table, source.user, source.item, source.timestamp, _WEIGHT)
    else:
        repeated = table.frame.duplicated([source.user, source.item], keep="last").to_numpy()
        table = table.leave_out(repeated, "earlier events of a repeated (user, item) pair: the last is kept")
    order = [Columns.USER, Columns.ITEM, Columns.RATING, Columns.TIMESTAMP]
    frame = table.frame[list(names)].rename(columns=names)
    frame = frame[[column for column in order if column in frame]]
    return frame.reset_index(drop=True), _account(table, "interactions")


def _account(table: Table, kind: str) -> IngestReport:
    return replace(table.report, tables=((kind, table.count()),), faults=table.faults())


def _type_timestamps(table: Table, column: str, said: TimeFormat) -> Table:
    times = read_times(table.frame[column], said, column)
    if times.told:
        table = table.note(Outcome.NOTED, ~times.bad, f"{times.told}; say timestamp_format if it is not", column)
    if times.naive is not None and said.zone is None:
        table = table.note(Outcome.NOTED, times.naive, f"{column} names no time zone: taken for UTC", column)
    moments = pd.api.types.is_datetime64_any_dtype(table.frame[column].dtype)
    table = table.drop(times.bad, times.reason, None if moments else column)
    kept = ~times.bad
    other, seconds = times.other[kept], times.seconds[kept]
    table = table.drop(other, times.other_reason, column)
    seconds = np.floor(seconds[~other])
    for what, found in suspicious(seconds).items():
        table = table.note(Outcome.NOTED, found, f"{column} {what}", column)
    return table.with_columns(**{column: seconds.astype(np.int64)})


def _type_ids(table: Table, column: str, form: str | None) -> Table:
    ids, changed = clean_ids(table.frame[column])
    table = table.note(Outcome.NOTED, changed, f"{column} is brought to one form of Unicode (NFC)", column)
    if form is not None:
        ids = FORMS[form](ids)
    table = table.with_columns(**{column: ids})
    return table.drop((ids == "").to_numpy(dtype=bool), f"{column} is empty")


def _note_unknown(table: Table, column: str, known: pd.Series) -> Table:
    unknown = ~table.frame[column].isin(known).to_numpy(dtype=bool)
    return table.note(Outcome.NOTED, unknown, f"{column} is not in the items table: an item without features", column)


def _drop_unknown(table: Table, column: str, known: pd.Series) -> Table:
    """The table without events of unknown items; the rows are counted by what would repair them."""
    unknown = ~table.frame[column].isin(known).to_numpy(dtype=bool)
    if not unknown.any():
        return table
    reason = f"{column} is not in the items table"
    differing = find_differences(pd.Series(table.frame[column][unknown].unique(), dtype="str"), known)
    for difference in dict.fromkeys(difference for difference, _ in differing.values()):
        own = {an_id: its for an_id, (of, its) in differing.items() if of == difference}
        here = table.frame[column].isin(list(own)).to_numpy(dtype=bool)
        example, its = next(iter(own.items()))
        mend = f'which has {its!r} for {example!r} (they differ in {difference.what}): say ids = "{difference.form}"'
        table = table.drop(here, f"{reason}, {mend}", column)
    return table.drop(~table.frame[column].isin(known).to_numpy(dtype=bool), reason, column)


def _unlisted_users(users: EntityTable, listed: pd.DataFrame, events: pd.DataFrame) -> tuple[Finding, ...]:
    """How many users of events have no row in the users table, and how many would have one with ids written alike."""
    own = pd.Series(events[Columns.USER].unique(), dtype="str")
    unlisted = own[~own.isin(listed[Columns.USER])]
    if unlisted.empty:
        return ()
    file = users.table.file
    reason = "users of interactions without a row: no features"
    findings = [Finding(file, Outcome.NOTED, reason, len(unlisted))]
    differing = find_differences(unlisted, listed[Columns.USER])
    if differing:
        cases = tuple(f"{own!r} for {its!r}" for own, (_, its) in list(differing.items())[:SHOWN_CASES])
        first, _ = next(iter(differing.values()))
        mend = f'of these differ from a row in {first.what} only; say ids = "{first.form}" if they are the same'
        findings.append(Finding(file, Outcome.NOTED, mend, len(differing), cases))
    return tuple(findings)


def _add_unlisted(frame: pd.DataFrame, features: tuple[Feature, ...], ids: pd.Series, id_column: str) -> pd.DataFrame:
    """The frame with a row for each id that it lacks, every feature missing; in order of first appearance."""
    unique = pd.Series(ids.unique(), dtype="str")
    unlisted = unique[~unique.isin(frame[id_column])]
    if unlisted.empty:
        return frame
    columns: dict[str, pd.Series] = {id_column: unlisted.reset_index(drop=True)}
    for feature in features:
        missing = np.full(len(unlisted), None, dtype=object)
        missing[:] = [feature.missing] * len(unlisted)
        columns[feature.name] = pd.Series(missing).astype(frame[feature.name].dtype)
    return pd.concat([frame, pd.DataFrame(columns)], ignore_index=True)

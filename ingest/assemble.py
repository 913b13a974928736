"""Tables from any layout become a Dataset: ids and values checked, each bad row counted and dropped."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pharos.ingest.cells import parse_numbers, type_features, type_texts
from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset
from pharos.ingest.limits import MAX_TEXT
from pharos.ingest.report import Finding, IngestReport, Outcome
from pharos.ingest.schema import Feature, Schema
from pharos.ingest.tables.table import Table

_FIRST_MILLISECOND: Final = 100_000_000_000
"""As seconds the year 5138, as milliseconds 1973: no event of ours is later, or was recorded before."""


@dataclass(frozen=True)
class InteractionTable:
    """A table of who chose what, and which of its columns says so. rating, timestamp: None if there is none."""

    table: Table
    user: str
    item: str
    rating: str | None = None
    timestamp: str | None = None


@dataclass(frozen=True)
class EntityTable:
    """A table of items or users: its columns of id and title (None if there is none), and its features.

    folder: where the files are that cells name, None where none can be named.
    """

    table: Table
    id: str
    title: str | None = None
    features: tuple[Feature, ...] = ()
    folder: Path | None = None


def assemble(
    name: str, interactions: InteractionTable | None, items: EntityTable | None, users: EntityTable | None
) -> Dataset:
    """Check the tables against each other and give the typed data set; a table may be absent.

    Errors: DataError if more than 5 % of a table's rows are bad, or of a feature's cells unreadable.
    """
    item_frame, item_features, report = _type_entities(items, Columns.ITEM)
    user_frame, user_features, user_report = _type_entities(users, Columns.USER)
    report = report.merge(user_report)
    events = pd.DataFrame({Columns.USER: pd.Series(dtype="str"), Columns.ITEM: pd.Series(dtype="str")})
    if interactions is not None:
        known = None if items is None else item_frame[Columns.ITEM]
        events, event_report = _type_interactions(interactions, known)
        report = report.merge(event_report)
    item_frame = _add_unlisted(item_frame, item_features, events[Columns.ITEM], Columns.ITEM)
    listed_users = len(user_frame)
    user_frame = _add_unlisted(user_frame, user_features, events[Columns.USER], Columns.USER)
    if users is not None and len(user_frame) > listed_users:
        count = len(user_frame) - listed_users
        finding = Finding(users.table.file, Outcome.NOTED, "users of interactions without a row: no features", count)
        report = report.merge(IngestReport(findings=(finding,)))
    has_title = items is not None and items.title is not None
    if not has_title:
        item_frame = item_frame.assign(**{Columns.TITLE: item_frame[Columns.ITEM]})
    item_columns = [Columns.ITEM, Columns.TITLE, *(feature.name for feature in item_features)]
    schema = Schema(
        items=item_features,
        users=user_features,
        has_rating=Columns.RATING in events,
        has_timestamp=Columns.TIMESTAMP in events,
        has_title=has_title,
    )
    return Dataset(name, events, item_frame[item_columns], user_frame, schema, report)


def _type_entities(
    source: EntityTable | None, id_column: str
) -> tuple[pd.DataFrame, tuple[Feature, ...], IngestReport]:
    """The frame with the id as `id_column`, the title and the typed features."""
    if source is None:
        return pd.DataFrame({id_column: pd.Series(dtype="str")}), (), IngestReport()
    table = _drop_empty_ids(source.table, source.id)
    repeated = table.frame[source.id].duplicated(keep="first").to_numpy()
    table = table.drop(repeated, f"repeated {source.id}: the first row is kept", source.id)
    table, features = type_features(table, source.features, source.folder)
    names = {source.id: id_column}
    if source.title is not None:
        table = type_texts(table, source.title, MAX_TEXT)
        names[source.title] = Columns.TITLE
    table = table.check()
    frame = table.frame[[*names, *(feature.name for feature in features)]].rename(columns=names)
    return frame.reset_index(drop=True), features, table.report


def _type_interactions(source: InteractionTable, known_items: pd.Series | None) -> tuple[pd.DataFrame, IngestReport]:
    table = _drop_empty_ids(_drop_empty_ids(source.table, source.user), source.item)
    if known_items is not None:
        unknown = ~table.frame[source.item].isin(known_items).to_numpy(dtype=bool)
        table = table.drop(unknown, f"{source.item} is not in the items table", source.item)
    names = {source.user: Columns.USER, source.item: Columns.ITEM}
    if source.rating is not None:
        numbers, _ = parse_numbers(table.frame[source.rating])
        with np.errstate(over="ignore"):
            ratings = numbers.astype(np.float32)
        bad = ~np.isfinite(ratings)
        table = table.drop(bad, f"{source.rating} is no finite number", source.rating)
        table = table.with_columns(**{source.rating: ratings[~bad]})
        names[source.rating] = Columns.RATING
    if source.timestamp is not None:
        table = _type_timestamps(table, source.timestamp)
        names[source.timestamp] = Columns.TIMESTAMP
    repeated = table.frame.duplicated([source.user, source.item], keep="last").to_numpy()
    table = table.note(Outcome.NOTED, repeated, "earlier events of a repeated (user, item) pair: the last is kept")
    table = replace(table, frame=table.frame[~repeated] if repeated.any() else table.frame).check()
    return table.frame[list(names)].rename(columns=names).reset_index(drop=True), table.report


def _type_timestamps(table: Table, column: str) -> Table:
    cells = table.frame[column]
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        missing = cells.isna().to_numpy()
        table = table.drop(missing, f"{column} is empty")
        # Times with a zone become those of UTC, and times without one are taken for such.
        universal = cells[~missing].dt.tz_localize("UTC") if cells.dt.tz is None else cells[~missing]
        seconds_since = universal.dt.tz_convert(None).astype("datetime64[s]").astype(np.int64)
        return table.with_columns(**{column: seconds_since})
    seconds, _ = parse_numbers(cells)
    bad = np.isnan(seconds)
    table = table.drop(bad, f"{column} is no number of unix seconds", column)
    seconds = seconds[~bad]
    fine = np.abs(seconds) >= _FIRST_MILLISECOND
    table = table.drop(fine, f"{column} is in milliseconds or finer, not in unix seconds", column)
    return table.with_columns(**{column: np.floor(seconds[~fine]).astype(np.int64)})


def _drop_empty_ids(table: Table, column: str) -> Table:
    ids = table.frame[column]
    empty: NDArray[np.bool_] = (ids.str.strip() == "").to_numpy(dtype=bool)
    return table.drop(empty, f"{column} is empty")


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

"""The content of the store as a data set to train on."""

from collections.abc import Collection, Sequence
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection, select

from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset
from pharos.ingest.records import parse_features
from pharos.ingest.schema import Feature, FeatureType, Schema
from pharos.serving.store import item_reads, meta
from pharos.serving.store.features import item_frame
from pharos.serving.store.tables import events, users

_PAGE: Final = 5000
_NEWEST: Final = 2**62


def dataset(connection: Connection, without_types: Collection[str]) -> Dataset:
    """Items, users and events of the store, both imported ones and those from the API.

    without_types: types of event to leave out. Of several events of a user with an item the newest counts, with its
    newest rating. Events of items that were deleted are left out.
    """
    known = meta.schema(connection) or Schema()
    items = _items(connection, known.items)
    interactions = _interactions(connection, without_types)
    interactions = interactions[interactions[Columns.ITEM].isin(items[Columns.ITEM])].reset_index(drop=True)
    schema = Schema(
        items=known.items,
        users=known.users,
        has_rating=bool(interactions[Columns.RATING].notna().any()),
        has_timestamp=bool((interactions[Columns.TIMESTAMP] > 0).any()),
        has_title=known.has_title or bool((items[Columns.TITLE] != items[Columns.ITEM]).any()),
    )
    absent = [
        column
        for column, is_there in ((Columns.RATING, schema.has_rating), (Columns.TIMESTAMP, schema.has_timestamp))
        if not is_there
    ]
    people = _users(connection, known.users, interactions[Columns.USER])
    return Dataset("store", interactions.drop(columns=absent), items, people, schema)


def catalogue(connection: Connection) -> Dataset:
    """The items of the store, hidden ones included, as a data set without users and events."""
    known = meta.schema(connection) or Schema()
    items = _items(connection, known.items)
    nothing = pd.DataFrame({Columns.USER: pd.Series(dtype="str"), Columns.ITEM: pd.Series(dtype="str")})
    return Dataset("the store", nothing, items, nothing[[Columns.USER]], Schema(known.items, has_title=True))


def _items(connection: Connection, features: tuple[Feature, ...]) -> pd.DataFrame:
    frames, since = [item_frame(features, [])], 0
    while page := item_reads.page(connection, _PAGE, since, _NEWEST):
        frames.append(item_frame(features, page))
        since = page[-1].revision
    whole = [frame for frame in frames if len(frame)] or frames
    columns = [Columns.ITEM, Columns.TITLE, *(feature.name for feature in features)]
    return _with_texts(pd.concat(whole, ignore_index=True)[columns], Columns.ITEM, features)


def _interactions(connection: Connection, without_types: Collection[str]) -> pd.DataFrame:
    query = (
        select(events.c.user_id, events.c.item_id, events.c.value, events.c.timestamp)
        .where(events.c.type.not_in(list(without_types)))
        .order_by(events.c.timestamp, events.c.id)
    )
    columns = [Columns.USER, Columns.ITEM, Columns.RATING, Columns.TIMESTAMP]
    frame = pd.DataFrame([tuple(row) for row in connection.execute(query)], columns=columns)
    types = {Columns.USER: "str", Columns.ITEM: "str", Columns.RATING: "float32", Columns.TIMESTAMP: "int64"}
    frame = frame.astype(types)
    pair = [Columns.USER, Columns.ITEM]
    frame[Columns.RATING] = frame.groupby(pair, sort=False)[Columns.RATING].ffill()
    return frame.drop_duplicates(pair, keep="last", ignore_index=True)


def _users(connection: Connection, features: tuple[Feature, ...], seen: "pd.Series[str]") -> pd.DataFrame:
    stored = {row[0]: dict(row[1]) for row in connection.execute(select(users.c.id, users.c.features))}
    ids = list(dict.fromkeys([*stored, *seen.tolist()]))
    rows = [parse_features(features, stored.get(user_id, {})) for user_id in ids]
    columns: dict[str, Any] = {Columns.USER: ids}
    for feature in features:
        columns[feature.name] = _column(feature, [row[feature.name] for row in rows])
    return _with_texts(pd.DataFrame(columns), Columns.USER, features)


def _column(feature: Feature, values: Sequence[object]) -> pd.Series:
    is_number = feature.type in (FeatureType.NUMBER, FeatureType.FLAG)
    return pd.Series(list(values), dtype="float64" if is_number else "object")


def _with_texts(frame: pd.DataFrame, id_column: str, features: tuple[Feature, ...]) -> pd.DataFrame:
    texts = [feature.name for feature in features if feature.type in (FeatureType.CATEGORY, FeatureType.TEXT)]
    if Columns.TITLE in frame:
        texts.append(Columns.TITLE)
    return frame.astype(dict.fromkeys([id_column, *texts], "str"))

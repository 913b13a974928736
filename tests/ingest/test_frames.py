"""Data sets from tables in memory."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pharos.ingest.dataset import Dataset
from pharos.ingest.errors import DataError
from pharos.ingest.export import export_dataset
from pharos.ingest.fingerprint import fingerprint
from pharos.ingest.load import load_dataset

EVENTS = pd.DataFrame(
    {"user_id": [1, 1, 2], "item_id": [10, 11, 10], "rating": [3, 4, 5], "timestamp": [100, 200, 300]}
)
ITEMS = pd.DataFrame(
    {"item_id": [10, 11], "title": ["Ten", None], "year": [1990, None], "genres": ["War|Drama", ""], "extra": [1, 2]}
)
FEATURES = {"year": "number", "genres": "tags"}


def test_ids_of_any_type_become_text_and_a_missing_title_an_empty_one():
    data = Dataset.from_frames(EVENTS, ITEMS, features=FEATURES)
    assert data.interactions["user_id"].tolist() == ["1", "1", "2"]
    assert data.items["item_id"].tolist() == ["10", "11"]
    assert data.items["title"].tolist() == ["Ten", ""]


def test_features_are_typed_as_declared_and_other_columns_left_out():
    items = Dataset.from_frames(EVENTS, ITEMS, features=FEATURES).items
    assert items["genres"].tolist() == [("War", "Drama"), ()]
    assert items["year"][0] == 1990 and np.isnan(items["year"][1])
    assert list(items.columns) == ["item_id", "title", "year", "genres"]


def test_tags_may_be_lists_or_separated_as_declared():
    given = ITEMS.assign(genres=pd.Series([["War"], ["Drama", "War"]]), words=["a;b", "c"])
    declared = {"genres": "tags", "words": {"type": "tags", "separator": ";"}}
    items = Dataset.from_frames(EVENTS, given, features=declared).items
    assert items["genres"].tolist() == [("War",), ("Drama", "War")]
    assert items["words"].tolist() == [("a", "b"), ("c",)]


def test_the_frames_that_are_given_stay_as_they_are():
    before = EVENTS.copy(), ITEMS.copy()
    Dataset.from_frames(EVENTS, ITEMS, features=FEATURES)
    pd.testing.assert_frame_equal(EVENTS, before[0])
    pd.testing.assert_frame_equal(ITEMS, before[1])


def test_interactions_alone_are_enough():
    data = Dataset.from_frames(EVENTS[["user_id", "item_id"]])
    assert not data.schema.has_rating and not data.schema.has_timestamp
    assert data.items["title"].tolist() == ["10", "11"]


def test_a_date_is_read_as_seconds():
    dated = EVENTS.assign(
        timestamp=pd.to_datetime(["1970-01-01 00:01:40", "1970-01-02 00:00:00", "1970-01-03 00:00:00"])
    )
    assert Dataset.from_frames(dated).interactions["timestamp"].tolist() == [100, 86_400, 172_800]


def test_a_data_set_of_frames_written_and_read_again_is_the_same(tmp_path: Path):
    data = Dataset.from_frames(EVENTS, ITEMS, features=FEATURES)
    export_dataset(data, tmp_path)
    assert fingerprint(load_dataset(tmp_path)) == fingerprint(data)


def test_a_bad_row_is_counted_and_named():
    many = pd.DataFrame({"user_id": range(100), "item_id": [None, *range(1, 100)]})
    data = Dataset.from_frames(many)
    assert len(data.interactions) == 99
    assert "interactions row 0" in data.report.lines()[1]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"interactions": EVENTS.drop(columns="item_id")}, "interactions: no column 'item_id'"),
        ({"items": ITEMS, "features": {"tear": "number"}}, "items: no column 'tear'"),
        ({"items": ITEMS, "features": {"year": "date"}}, "allowed are number, flag, category"),
        ({"items": ITEMS, "features": {"year": {"type": "number", "separator": ","}}}, "unknown key 'separator'"),
        ({"items": ITEMS, "features": {"title": "text"}}, "reserved are"),
        ({"features": {"year": "number"}}, "given without the table items"),
        ({"user_features": {"age": "number"}}, "given without the table users"),
        ({"interactions": [1, 2]}, "must be a pandas DataFrame, not list"),
        ({"interactions": pd.DataFrame({"user_id": ["", "1"], "item_id": ["1", "1"]})}, "more than 5% allowed"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place_and_what_is_allowed(arguments: dict, told: str):
    with pytest.raises(DataError, match=told):
        Dataset.from_frames(**{"interactions": EVENTS, **arguments})

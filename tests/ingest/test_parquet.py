"""Parquet files, whose columns have types of their own."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pharos.ingest.dataset import Dataset
from pharos.ingest.errors import DataError
from pharos.ingest.load import load_dataset
from tests.ingest.folders import INTERACTIONS, write

MOMENT = datetime(2001, 9, 9, 1, 46, 40)  # as UTC, the second 1,000,000,000
EVENTS = INTERACTIONS.replace(".csv", ".parquet")
RATED = EVENTS + 'rating = "rating"\ntimestamp = "time"\n'


def read_events(folder: Path, declaration: str = EVENTS, **columns: Any) -> Dataset:
    """Events with these columns; where there is none of users or items, each event has one of its own."""
    rows = len(next(iter(columns.values())))
    own = [f"x{row}" for row in range(rows)]
    write(folder, declaration)
    pq.write_table(pa.table({"user": own, "item": own, **columns}), folder / "events.parquet")
    return load_dataset(folder)


def read_items(folder: Path, kind: str, column: Any) -> Dataset:
    """Items "i0", "i1", … with this column as their one feature."""
    declaration = f'[items]\nfile = "items.parquet"\nid = "id"\n[items.features]\nvalue = "{kind}"\n'
    write(folder, INTERACTIONS + declaration, events__csv=["user,item"])
    ids = [f"i{row}" for row in range(len(column))]
    pq.write_table(pa.table({"id": ids, "value": column}), folder / "items.parquet")
    return load_dataset(folder)


IDS = {
    "whole numbers": (pa.array([7, 2**53]), ["7", str(2**53)]),
    "large whole numbers": (pa.array([1, 2**64 - 1], pa.uint64()), ["1", str(2**64 - 1)]),
    "whole numbers that a gap made floats": (pa.array([7.0, 9.0]), ["7", "9"]),
    "floats": (pa.array([0.5, 9.0]), ["0.5", "9"]),
    "floats beyond all whole numbers": (pa.array([1e300, 9.0]), ["1e+300", "9"]),
    "infinite floats": (pa.array([float("inf"), 9.0]), ["inf", "9"]),
    "a dictionary": (pa.array(["b", "a"]).dictionary_encode(), ["b", "a"]),
    "long texts": (pa.array(["b", "a"], pa.large_string()), ["b", "a"]),
    "bytes": (pa.array([b"b", b"a"]), ["b", "a"]),
}


@pytest.mark.parametrize(("column", "ids"), IDS.values(), ids=IDS.keys())
def test_ids_of_every_type_are_texts(tmp_path: Path, column: pa.Array, ids: list[str]) -> None:
    assert read_events(tmp_path, user=column).interactions["user_id"].tolist() == ids


@pytest.mark.parametrize("gap", [None, float("nan")])
def test_an_id_that_is_missing_is_dropped_and_named_by_its_row(tmp_path: Path, gap: float | None) -> None:
    column = pa.array([*map(float, range(29)), gap], from_pandas=False)
    dataset = read_events(tmp_path, user=column)
    assert len(dataset.interactions) == 29
    assert str(dataset.report.findings[0]) == "events.parquet: 1 dropped: user is empty (events.parquet:row 30)"


@pytest.mark.parametrize("column", [pa.array([["a"]]), pa.array([b"\xff"])], ids=["lists", "no text"])
def test_ids_that_are_no_texts_are_an_error_that_names_the_column(tmp_path: Path, column: pa.Array) -> None:
    with pytest.raises(DataError, match=r"events\.parquet: column 'user' of type .* cannot be read as text"):
        read_events(tmp_path, user=column)


TIMES = {
    "seconds": pa.array([1_000_000_000]),
    "seconds as floats": pa.array([1_000_000_000.9]),
    "a moment": pa.array([MOMENT], pa.timestamp("us")),
    "a moment in seconds": pa.array([MOMENT], pa.timestamp("s")),
    "a moment of UTC": pa.array([MOMENT.replace(tzinfo=UTC)], pa.timestamp("ns", "UTC")),
    "a moment elsewhere": pa.array(
        [(MOMENT + timedelta(hours=2)).replace(tzinfo=timezone(timedelta(hours=2)))], pa.timestamp("ms", "+02:00")
    ),
}


@pytest.mark.parametrize("column", TIMES.values(), ids=TIMES.keys())
def test_times_of_every_type_are_unix_seconds(tmp_path: Path, column: pa.Array) -> None:
    dataset = read_events(tmp_path, RATED, time=column, rating=[3])
    assert dataset.interactions["timestamp"].tolist() == [1_000_000_000]
    assert dataset.interactions["timestamp"].dtype == np.int64


def test_a_missing_moment_is_dropped(tmp_path: Path) -> None:
    moments = pa.array([MOMENT] * 29 + [None], pa.timestamp("us", "UTC"))
    dataset = read_events(tmp_path, RATED, time=moments, rating=[3] * 30)
    assert dataset.interactions["timestamp"].tolist() == [1_000_000_000] * 29
    assert "1 dropped: time is empty (events.parquet:row 30)" in str(dataset.report.findings[0])


@pytest.mark.parametrize("rating", [float("inf"), 1e39, None])
def test_a_rating_must_be_finite_as_it_is_kept(tmp_path: Path, rating: float | None) -> None:
    ratings = pa.array([4.5] * 29 + [rating])
    dataset = read_events(tmp_path, RATED, rating=ratings, time=[1] * 30)
    assert dataset.interactions["rating"].tolist() == [4.5] * 29
    assert "1 dropped: rating is no finite number (events.parquet:row 30" in str(dataset.report.findings[0])


FEATURES = {
    "number": (pa.array([1, None]), [1.0, np.nan]),
    "flag": (pa.array([True, None]), [1.0, np.nan]),
    "category": (pa.array([1, None]), ["1", ""]),
    "text": (pa.array(["a", None]), ["a", ""]),
    "tags": (pa.array([["b", " a", "b", None], None]), [("b", "a"), ()]),
}


@pytest.mark.parametrize("kind", FEATURES)
def test_features_are_read_with_what_is_missing(tmp_path: Path, kind: str) -> None:
    column, expected = FEATURES[kind]
    found = read_items(tmp_path, kind, column).items["value"].tolist()
    if kind in ("number", "flag"):
        np.testing.assert_array_equal(found, expected)
    else:
        assert found == expected


def test_vectors_are_lists_of_numbers(tmp_path: Path) -> None:
    column = pa.array([[1.0, 2.0], None, [], [3.0, 4.0]])
    first, second, third, fourth = read_items(tmp_path, "vector", column).items["value"]
    np.testing.assert_array_equal([first, fourth], np.array([[1, 2], [3, 4]], np.float32))
    assert second is None
    assert third is None


@pytest.mark.parametrize(
    ("kind", "column", "reason"),
    [
        ("tags", pa.array([5]), "value is neither a text nor a list"),
        ("vector", pa.array([[1.0, None]]), "value is no vector of finite numbers"),
        ("vector", pa.array([[[1.0], [2.0]]]), "value is no vector of finite numbers"),
        ("number", pa.array([MOMENT]), "value is no finite number"),
    ],
)
def test_a_column_of_another_kind_is_an_error_with_the_reason(
    tmp_path: Path, kind: str, column: pa.Array, reason: str
) -> None:
    with pytest.raises(DataError, match=rf"1 of 1 cells cannot be read(?s:.*){reason} \(items\.parquet:row 1"):
        read_items(tmp_path, kind, column)


def test_a_missing_column_is_named_with_those_that_are_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"events\.parquet: no column 'rating'.*'user', 'item', 'time'"):
        read_events(tmp_path, RATED, time=[1])


@pytest.mark.parametrize("content", [b"", b"PAR1 nonsense"])
def test_a_file_that_is_no_parquet_is_named(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(DataError, match=r"events\.parquet: cannot be read as Parquet"):
        load_dataset(write(tmp_path, EVENTS, events__parquet=content))

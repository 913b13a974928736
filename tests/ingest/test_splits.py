"""Splits and the order of events, against cases worked out by hand."""

import hashlib

import pandas as pd
import pytest

from ingest.history import order
from ingest.splits import Split, chronological, cold, is_cold, rating


def frame(rows: list[tuple[str, str, int]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["user_id", "item_id", "timestamp"])


def digit(text: str) -> int:
    return int(hashlib.md5(text.encode()).hexdigest()[:8], 16) % 10


def items(split: Split) -> list[list[str]]:
    return [part["item_id"].tolist() for part in (split.train, split.validation, split.test)]


def test_of_ten_events_seven_are_training_one_validation_and_two_test() -> None:
    rows = [("u", f"i{n}", 1000 - n) for n in range(10)]  # the later in the table, the earlier in time
    newest_last = [f"i{n}" for n in reversed(range(10))]
    assert items(chronological(frame(rows))) == [newest_last[:7], newest_last[7:8], newest_last[8:]]


@pytest.mark.parametrize(("count", "sizes"), [(1, [0, 0, 1]), (2, [1, 0, 1]), (4, [2, 1, 1]), (5, [3, 1, 1])])
def test_short_histories_are_split_by_the_same_rule(count: int, sizes: list[int]) -> None:
    split = chronological(frame([("u", f"i{n}", n) for n in range(count)]))
    assert [len(part) for part in items(split)] == sizes


def test_each_user_is_split_apart() -> None:
    split = chronological(frame([(user, f"{user}{n}", n) for n in range(10) for user in "ab"]))
    assert sorted(split.test["item_id"]) == ["a8", "a9", "b8", "b9"]


def test_events_at_the_same_time_keep_the_order_of_the_table() -> None:
    assert order(frame([("u", item, 5) for item in "cab"]))["item_id"].tolist() == ["c", "a", "b"]


def test_without_timestamps_the_order_is_that_of_the_digest() -> None:
    events = frame([("u", f"i{n}", 0) for n in range(20)]).drop(columns="timestamp")
    expected = sorted(events["item_id"], key=lambda item: int(hashlib.md5(f"u|{item}".encode()).hexdigest()[:8], 16))
    assert order(events)["item_id"].tolist() == expected


def test_all_events_of_a_cold_item_are_test() -> None:
    events = frame([(f"u{n % 7}", f"i{n % 50}", n) for n in range(350)])
    split = cold(events)
    assert set(split.test["item_id"]) == {f"i{n}" for n in range(50) if digit(f"i{n}") == 3}
    assert len(split.test) + len(split.train) == 350
    assert not is_cold(split.train["item_id"]).any()


def test_a_rating_is_test_by_the_digest_of_its_pair() -> None:
    split = rating(frame([(f"u{n % 7}", f"i{n}", n) for n in range(200)]))
    pairs = split.test["user_id"] + "|" + split.test["item_id"]
    assert len(pairs) > 5
    assert all(digit(f"{pair}|rating") == 0 for pair in pairs)
    assert all(digit(f"{u}|{i}|rating") != 0 for u, i in split.train[["user_id", "item_id"]].to_numpy())

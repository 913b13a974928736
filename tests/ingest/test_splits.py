"""Splits and the order of events, against cases worked out by hand."""

import hashlib

import pandas as pd
import pytest

from pharos.ingest.history import order
from pharos.ingest.splits import Split, chronological, cold, global_moment, is_cold, leave_one_out, rating


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


def test_of_three_events_the_last_is_left_out_as_test_and_the_one_before_it_as_validation() -> None:
    assert items(leave_one_out(frame([("u", "c", 3), ("u", "a", 1), ("u", "b", 2)]))) == [["a"], ["b"], ["c"]]


def test_nothing_of_a_user_of_two_events_is_left_out() -> None:
    assert items(leave_one_out(frame([("u", "a", 1), ("u", "b", 2), ("v", "a", 1)]))) == [["a", "b", "a"], [], []]


def test_events_are_left_out_of_each_user_apart() -> None:
    split = leave_one_out(frame([(user, f"{user}{n}", n) for n in range(5) for user in "ab"]))
    assert items(split) == [["a0", "a1", "a2", "b0", "b1", "b2"], ["a3", "b3"], ["a4", "b4"]]


def test_one_moment_parts_the_events_of_all_users() -> None:
    split = global_moment(frame([("ab"[n % 2], f"i{n:03}", n) for n in range(100)]))
    assert [sorted(part) for part in items(split)] == [
        [f"i{n:03}" for n in range(81)], [f"i{n:03}" for n in range(81, 90)], [f"i{n:03}" for n in range(90, 100)],
    ]  # fmt: skip


def test_what_happened_at_the_same_time_stays_on_one_side_of_the_moment() -> None:
    stamps = [0] * 14 + [1] * 3 + [2] * 3  # a tenth of twenty would be two
    split = global_moment(frame([("u", f"i{n:02}", stamp) for n, stamp in enumerate(stamps)]))
    assert [set(part["timestamp"]) for part in (split.train, split.validation, split.test)] == [{0}, {1}, {2}]


def test_the_moment_that_parts_off_nearest_to_a_tenth_is_taken() -> None:
    stamps = [0] * 16 + [1] * 3 + [2]  # from 2 on there is one event, from 1 on there are four: a tenth is two
    split = global_moment(frame([("u", f"i{n:02}", stamp) for n, stamp in enumerate(stamps)]))
    assert set(split.test["timestamp"]) == {2}


def test_events_of_one_moment_are_all_training() -> None:
    assert [len(part) for part in items(global_moment(frame([("u", "a", 5), ("v", "b", 5)])))] == [2, 0, 0]


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

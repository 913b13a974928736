"""Figures by part, against cases worked out by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd

from pharos.evaluation.breakdown import Bin, by_history_length, by_popularity
from pharos.evaluation.folds import Fold
from pharos.evaluation.metrics import ranking_metrics
from pharos.ingest.dataset import Dataset
from pharos.ingest.schema import Schema


def events(*rows: str) -> pd.DataFrame:
    """Each row: a user, then its items, each a letter."""
    pairs = [(row[0], item) for row in rows for item in row[1:]]
    return pd.DataFrame(pairs, columns=["user_id", "item_id"])


def fold(known: pd.DataFrame, held_out: pd.DataFrame, items: str, users: str) -> Fold:
    catalogue = pd.DataFrame({"item_id": list(items), "title": ""})
    people = pd.DataFrame({"user_id": list(users)})
    schema = Schema(has_rating=False, has_timestamp=False, has_title=False)
    return Fold(Dataset("letters", known, catalogue, people, schema), held_out)


def lists(*rows: str) -> pd.DataFrame:
    listed = events(*rows)
    return listed.assign(rank=listed.groupby("user_id").cumcount() + 1, score=0.0)


def test_users_are_parted_by_how_many_events_of_theirs_are_known() -> None:
    known = events("1a", "2a", "3abc", "4abc", "5abcd")
    task = fold(known, events("1z", "2z", "3z", "4z", "5z"), "abcdxz", "12345")
    wanted = {user: {"z"} for user in "12345"}
    judged = ranking_metrics({"1": ["z"], "3": ["z"], "4": ["z"], "5": ["z"]}, wanted, 6)
    assert by_history_length(task, judged) == [Bin("1", 2, 0.5), Bin("3-4", 3, 1.0)]
    assert by_history_length(task, judged, "recall@100") == [Bin("1", 2, 0.5), Bin("3-4", 3, 1.0)]


def test_a_user_without_known_events_stands_in_the_part_of_none() -> None:
    task = fold(events("2ab", "3abc"), events("1z", "2z", "3z"), "abcz", "123")
    judged = ranking_metrics({"1": ["z"]}, {user: {"z"} for user in "123"}, 4)
    assert by_history_length(task, judged)[0] == Bin("0", 1, 1.0)


def test_held_out_events_are_parted_by_the_popularity_of_their_item() -> None:
    known = events("1j", "2ji", "3jih", "4jihg")  # j has 4 events, i 3, h 2, g 1, the other six none
    held_out = events("5jg", "6jg", "7ja")
    got = lists("5jg", "6j", "7xa")
    parts = by_popularity(fold(known, held_out, "abcdefghij", "1234567"), got)
    assert parts == [Bin("0", 1, 1.0), Bin("1", 2, 0.5), Bin("4", 3, 2 / 3)]


def test_items_that_are_equally_popular_are_never_parted() -> None:
    known = events("1abcdefghij", "2abcdefghij")
    parts = by_popularity(fold(known, events("3abj"), "abcdefghij", "123"), lists("3a"))
    assert parts == [Bin("2", 3, 1 / 3)]


def test_new_items_go_by_their_held_out_events() -> None:
    task = fold(events("1j", "2j", "3j"), events("1ab", "2a", "3a"), "abj", "123")
    task = replace(task, candidates=np.array([True, True, False]))
    assert by_popularity(task, lists("1ab", "2a")) == [Bin("1", 1, 1.0), Bin("3", 3, 2 / 3)]


def test_only_a_hundred_places_count() -> None:
    task = fold(events("1j"), events("2a"), "aj", "12")
    late = pd.DataFrame({"user_id": ["2"], "item_id": ["a"], "rank": [101], "score": [0.0]})
    assert by_popularity(task, late) == [Bin("0", 1, 0.0)]

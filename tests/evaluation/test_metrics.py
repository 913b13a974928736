"""Metrics against cases worked out by hand."""

from math import log2

import numpy as np
import pytest

from pharos.evaluation.metrics import mean_overlap, ranking_metrics, rating_metrics


def test_recall_at_10_of_a_user_with_few_items_divides_by_their_count() -> None:
    judged = ranking_metrics({"u": ["a", "x", "b"]}, {"u": {"a", "b", "c", "d"}}, n_items=10)
    assert judged.recall_10 == pytest.approx(2 / 4)


def test_recall_at_10_of_a_user_with_many_items_divides_by_ten() -> None:
    wanted = {str(item) for item in range(40)}
    judged = ranking_metrics({"u": [str(item) for item in range(10)]}, {"u": wanted}, n_items=100)
    assert judged.recall_10 == pytest.approx(1.0)
    assert judged.recall_50 == pytest.approx(10 / 40)
    assert judged.recall_100 == pytest.approx(10 / 40)


def test_recall_counts_each_depth_apart() -> None:
    places = {0, 9, 10, 49, 50, 99, 100}
    items = [f"wanted-{place}" if place in places else f"other-{place}" for place in range(101)]
    judged = ranking_metrics({"u": items}, {"u": {f"wanted-{place}" for place in places}}, n_items=1000)
    assert judged.recall_10 == pytest.approx(2 / 7)
    assert judged.recall_50 == pytest.approx(4 / 7)
    assert judged.recall_100 == pytest.approx(6 / 7)


def test_ndcg_discounts_the_second_and_third_place() -> None:
    judged = ranking_metrics({"u": ["x", "a", "b"]}, {"u": {"a", "b"}}, n_items=10)
    gain = 1 / log2(3) + 1 / log2(4)
    assert judged.ndcg_10 == pytest.approx(gain / (1 + 1 / log2(3)))


def test_ndcg_of_a_perfect_list_is_one_even_for_more_than_ten_wanted() -> None:
    items = [str(item) for item in range(15)]
    assert ranking_metrics({"u": items}, {"u": set(items)}, n_items=20).ndcg_10 == pytest.approx(1.0)


def test_the_first_five_are_judged_apart() -> None:
    items = [*"abcde", "x", "y"]
    judged = ranking_metrics({"u": items}, {"u": {"a", "c", "x", "z"}}, n_items=10).as_dict()
    assert judged["recall@5"] == pytest.approx(2 / 4)
    ideal = 1 + 1 / log2(3) + 1 / log2(4) + 1 / log2(5)
    assert judged["ndcg@5"] == pytest.approx((1 + 1 / log2(4)) / ideal)


def test_recall_at_5_of_a_user_with_many_items_divides_by_five() -> None:
    judged = ranking_metrics({"u": list("abcde")}, {"u": set("abcdefgh")}, n_items=10).as_dict()
    assert judged["recall@5"] == judged["ndcg@5"] == pytest.approx(1.0)


def test_where_one_item_is_wanted_recall_is_whether_it_was_hit() -> None:
    lists = {"hit": list("abc"), "late": list("123456a"), "missed": list("xyz")}
    judged = ranking_metrics(lists, {user: {"a"} for user in lists}, n_items=30).as_dict()
    assert judged["recall@5"] == pytest.approx(1 / 3)
    assert judged["recall@10"] == pytest.approx(2 / 3)


def test_averages_are_over_users_who_want_something_and_a_missing_list_counts_as_zero() -> None:
    judged = ranking_metrics({"u": ["a"], "idle": ["b"]}, {"u": {"a"}, "unanswered": {"a"}}, n_items=4)
    assert judged.users == 2
    assert judged.ndcg_10 == pytest.approx(0.5)
    assert judged.per_user.loc["unanswered"].tolist() == [0] * 6


def test_coverage_is_the_share_of_the_catalogue_in_any_first_ten() -> None:
    lists = {"u": ["a", "b"], "v": ["b", "c"], "w": [f"{place}" for place in range(10)] + ["eleventh"]}
    assert ranking_metrics(lists, {user: {"a"} for user in lists}, n_items=26).coverage_10 == pytest.approx(13 / 26)


def test_overlap_of_three_lists_is_the_mean_over_their_three_pairs() -> None:
    first, second, third = list("abcdefghij"), list("abcdeklmno"), list("pqrstuvwxy")
    assert mean_overlap([first, second, third]) == pytest.approx((0.5 + 0 + 0) / 3)


def test_equal_lists_overlap_whole_and_one_list_with_nothing() -> None:
    assert mean_overlap([list("abcdefghij")] * 4) == pytest.approx(1.0)
    assert mean_overlap([list("abcdefghij")]) == 0.0


def test_rating_errors_are_averaged_over_ratings_not_over_users() -> None:
    judged = rating_metrics(["u", "u", "u", "v"], np.array([3.0, 3, 3, 5]), np.array([3.0, 3, 3, 1]))
    assert judged.rmse == pytest.approx(2.0)
    assert judged.mae == pytest.approx(1.0)
    assert judged.ratings == 4
    assert judged.per_user["squared"].to_dict() == {"u": 0.0, "v": 16.0}

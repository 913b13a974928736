"""The chart by weighted rating, and what is popular in windows of time."""

import numpy as np
import pandas as pd
import pytest

from pharos.classics.errors import CannotAnswer
from pharos.classics.trending import Window, counts, rising
from pharos.classics.weighted_rating import Votes, WeightedRating
from pharos.ingest.dataset import Dataset
from pharos.ingest.schema import Feature, FeatureType, Schema

# Films of the course with votes, mean vote and weighted rating, the best first.
COURSE = [
    ("The Shawshank Redemption", 8358, 8.5, 8.445869),
    ("The Godfather", 6024, 8.5, 8.425439),
    ("Dilwale Dulhania Le Jayenge", 661, 9.1, 8.421453),
    ("The Dark Knight", 12269, 8.3, 8.265477),
    ("Fight Club", 9678, 8.3, 8.256385),
    ("Pulp Fiction", 8670, 8.3, 8.251406),
    ("Schindler's List", 4436, 8.3, 8.206639),
    ("Whiplash", 4376, 8.3, 8.205404),
    ("Spirited Away", 3968, 8.3, 8.196055),
    ("Life Is Beautiful", 3643, 8.3, 8.187171),
    ("The Godfather: Part II", 3418, 8.3, 8.180076),
    ("One Flew Over the Cuckoo's Nest", 3001, 8.3, 8.164256),
    ("Forrest Gump", 8147, 8.2, 8.150272),
    ("The Empire Strikes Back", 5998, 8.2, 8.132919),
    ("Psycho", 2405, 8.3, 8.132715),
]
DAY = 86_400


def films() -> Dataset:
    """The films of the course, in the order of their titles."""
    ordered = sorted(COURSE)
    items = pd.DataFrame(
        {
            "item_id": [str(row) for row in range(len(ordered))],
            "title": [title for title, *_ in ordered],
            "votes": [float(votes) for _, votes, *_ in ordered],
            "mean": [mean for _, _, mean, _ in ordered],
        }
    )
    features = (Feature("votes", FeatureType.NUMBER), Feature("mean", FeatureType.NUMBER))
    nobody = pd.DataFrame({"user_id": pd.Series(dtype="str"), "item_id": pd.Series(dtype="str")})
    return Dataset("films", nobody, items, pd.DataFrame({"user_id": []}), Schema(features, has_title=True))


def events(*rows: tuple[str, str, float, int]) -> Dataset:
    """Ratings as (user, item, rating, day)."""
    frame = pd.DataFrame(rows, columns=["user_id", "item_id", "rating", "timestamp"])
    frame["timestamp"] *= DAY
    ids = sorted(frame["item_id"].unique())
    items = pd.DataFrame({"item_id": ids, "title": ids})
    users = pd.DataFrame({"user_id": sorted(frame["user_id"].unique())})
    return Dataset("events", frame, items, users, Schema(has_rating=True, has_timestamp=True))


def test_the_table_of_the_course_comes_out_in_its_order_and_to_six_digits() -> None:
    dataset = films()
    chart = WeightedRating(m=160, mean=5.618208).chart(Votes.of_columns(dataset, "votes", "mean"))
    assert dataset.items["title"].iloc[chart.items].tolist() == [title for title, *_ in COURSE]
    np.testing.assert_allclose(chart.scores, [score for *_, score in COURSE], atol=1e-6)


def test_only_items_with_enough_votes_are_listed() -> None:
    votes = Votes(np.array([1.0, 10.0, 9.0, 0.0]), np.array([10.0, 5.0, 6.0, 0.0]))
    assert WeightedRating(m=9).chart(votes).items.tolist() == [2, 1]


def test_by_default_m_is_the_ninetieth_percentile_and_c_the_mean_of_the_mean_votes() -> None:
    votes = Votes(np.arange(0.0, 12.0), np.full(12, 4.0))
    chart = WeightedRating().chart(votes)
    assert (chart.m, chart.mean) == (10.0, 4.0)
    assert chart.items.tolist() == [11, 10]


def test_a_chart_of_a_part_has_the_mean_and_the_quantile_of_that_part() -> None:
    votes = Votes(np.array([100.0, 100.0, 2.0, 1.0]), np.array([9.0, 9.0, 3.0, 5.0]))
    chart = WeightedRating(quantile=0).chart(votes, np.array([False, False, True, True]))
    assert (chart.m, chart.mean) == (1.0, 4.0)
    assert chart.items.tolist() == [3, 2]


def test_where_nothing_is_allowed_the_chart_is_empty() -> None:
    assert WeightedRating().chart(Votes(np.ones(2), np.ones(2)), np.zeros(2, bool)).items.tolist() == []


def test_ratings_are_votes() -> None:
    votes = Votes.of_ratings(events(("u", "a", 4, 1), ("v", "a", 2, 1), ("u", "b", 5, 1)))
    assert votes.counts.tolist() == [2, 1]
    assert votes.means.tolist() == [3, 5]


def test_an_item_that_lacks_its_mean_vote_has_no_votes() -> None:
    dataset = films()
    dataset.items.loc[0, "mean"] = np.nan
    assert Votes.of_columns(dataset, "votes", "mean").counts[0] == 0


def test_what_is_no_number_of_the_items_is_named_with_those_that_are() -> None:
    with pytest.raises(CannotAnswer, match="no number 'stars' of its items; its numbers are: votes, mean"):
        Votes.of_columns(films(), "votes", "stars")


@pytest.mark.parametrize("rating", [WeightedRating(quantile=1.5), WeightedRating(m=-1)])
def test_settings_out_of_range_are_refused(rating: WeightedRating) -> None:
    with pytest.raises(CannotAnswer, match=r"must be from 0 to 1|not below 0"):
        rating.chart(Votes(np.ones(1), np.ones(1)))


def test_a_window_reaches_back_from_the_newest_event() -> None:
    dataset = events(("u", "a", 4, 1), ("u", "b", 4, 9), ("v", "b", 4, 10))
    window = Window.since("2d", dataset)
    assert counts(dataset, window.events(dataset.interactions)).tolist() == [0, 2]
    assert Window.since("1970-01-10", dataset).start == 9 * DAY


@pytest.mark.parametrize("text", ["7", "d7", "7 months", "2020-13-01", "2020-01-01", "0d"])
def test_a_window_that_cannot_be_is_refused_with_what_can(text: str) -> None:
    with pytest.raises(CannotAnswer, match=r"allowed are hours|no events in this window"):
        Window.since(text, events(("u", "a", 4, 1)))


def test_what_has_more_events_than_before_rises_and_what_keeps_its_share_does_not() -> None:
    early = [(f"u{user}", item, 4.0, 1) for user in range(4) for item in ("kept", "risen")]
    late = [(f"v{user}", "kept", 4.0, 3) for user in range(4)] + [(f"w{user}", "risen", 4.0, 3) for user in range(12)]
    dataset = events(*early, *late)
    kept, risen = rising(dataset, Window.since("2d", dataset))
    assert kept < 0 < risen
    assert risen == pytest.approx((12 - 8) / 3)


def test_without_a_window_before_nothing_can_rise() -> None:
    dataset = events(("u", "a", 4, 1))
    with pytest.raises(CannotAnswer, match="there are no events in the window before"):
        rising(dataset, Window.since("7d", dataset))

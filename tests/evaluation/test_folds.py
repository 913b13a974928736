"""What is held out while methods are tuned, and in the end."""

import hashlib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pharos.evaluation.errors import EvaluationError
from pharos.evaluation.folds import FittedOn, Folds, Protocol, folds, judged_by
from pharos.ingest.errors import DataError
from tests.evaluation.worlds import two_camps, without_times

PAIR = ["user_id", "item_id"]


def digit(text: str) -> int:
    return int(hashlib.md5(text.encode()).hexdigest()[:8], 16) % 10


def pairs(*frames: pd.DataFrame) -> list[tuple[str, str]]:
    return sorted(pd.concat(frames)[PAIR].itertuples(index=False, name=None))


@pytest.fixture(params=list(Protocol))
def parts(request: pytest.FixtureRequest) -> Folds:
    return folds(two_camps(), request.param)


def test_the_final_fold_holds_every_event_once(parts: Folds) -> None:
    assert pairs(parts.final.known.interactions, parts.final.held_out) == pairs(two_camps().interactions)


def test_tuning_sees_nothing_of_the_test_part(parts: Folds) -> None:
    seen = pairs(parts.tuning.known.interactions, parts.tuning.held_out)
    assert seen == pairs(parts.final.known.interactions)
    assert not set(seen) & set(pairs(parts.final.held_out))


def test_every_fold_keeps_all_items_and_users(parts: Folds) -> None:
    for fold in (parts.tuning, parts.final):
        assert len(fold.known.items) == 40
        assert len(fold.known.users) == 20


def test_of_fifteen_events_the_last_three_are_test_and_the_two_before_them_validation() -> None:
    parts = folds(two_camps(), Protocol.CHRONOLOGICAL)
    by_time = two_camps().interactions.sort_values("timestamp").groupby("user_id")["item_id"].agg(list)
    validation, test = (fold.held_out.groupby("user_id")["item_id"].agg(list) for fold in (parts.tuning, parts.final))
    assert validation["user-3"] == by_time["user-3"][10:12]
    assert test["user-3"] == by_time["user-3"][12:]


@pytest.mark.parametrize(("part", "tenth"), [("tuning", 7), ("final", 3)])
def test_cold_items_are_one_tenth_by_digest_and_the_only_candidates(part: str, tenth: int) -> None:
    fold = getattr(folds(two_camps(), Protocol.COLD), part)
    items = fold.known.items["item_id"]
    cold = {item for item in items if digit(item) == tenth}
    assert set(items[fold.candidates]) == cold
    assert set(fold.held_out["item_id"]) <= cold
    assert not set(fold.known.interactions["item_id"]) & cold


def test_ratings_are_held_out_by_the_digest_of_their_pair() -> None:
    parts = folds(two_camps(), Protocol.RATING)
    for fold, tenth in ((parts.tuning, 1), (parts.final, 0)):
        digits = {digit(f"{user}|{item}|rating") for user, item in fold.held_out[PAIR].to_numpy()}
        assert digits == {tenth}


def test_what_is_known_stands_oldest_first(parts: Folds) -> None:
    times = parts.final.known.interactions.groupby("user_id")["timestamp"].agg(list)
    assert all(np.all(np.diff(user) >= 0) for user in times)


def left_out(fitted_on: FittedOn | None = None) -> Folds:
    return folds(two_camps(), Protocol.LEAVE_ONE_OUT, fitted_on)


def test_the_last_event_is_left_out_for_the_report_and_the_one_before_it_for_tuning() -> None:
    by_time = two_camps().interactions.sort_values("timestamp").groupby("user_id")["item_id"].agg(list)
    for fold, place in ((left_out().tuning, -2), (left_out().final, -1)):
        assert fold.held_out.set_index("user_id")["item_id"].to_dict() == {u: own[place] for u, own in by_time.items()}


def test_what_is_left_out_agrees_with_the_rules_restated() -> None:
    made_up = [("u", "d", 4), ("u", "b", 2), ("v", "x", 9), ("u", "c", 2), ("v", "y", 8), ("u", "a", 1), ("w", "z", 5),
               ("w", "x", 5), ("w", "y", 5)]  # fmt: skip
    events = pd.DataFrame(made_up, columns=[*PAIR, "timestamp"])
    rules = events.assign(row=range(len(events))).sort_values(["user_id", "timestamp", "row"])
    count = rules.groupby("user_id")["item_id"].transform("size")
    left = count - 1 - rules.groupby("user_id").cumcount()
    dataset = replace(
        two_camps(ratings=False),
        interactions=events,
        items=pd.DataFrame({"item_id": list("abcdxyz"), "title": "", "camp": ""}),
        users=pd.DataFrame({"user_id": list("uvw")}),
    )
    parts = folds(dataset, Protocol.LEAVE_ONE_OUT)
    assert pairs(parts.final.held_out) == pairs(rules[(left == 0) & (count >= 3)]) == [("u", "d"), ("w", "y")]
    assert pairs(parts.tuning.held_out) == pairs(rules[(left == 1) & (count >= 3)]) == [("u", "c"), ("w", "x")]
    assert pairs(parts.final.fitted.interactions) == pairs(rules[(left > 1) | (count < 3)])


def test_what_is_fitted_on_training_is_asked_with_the_validation_event_too() -> None:
    parts = left_out()
    assert pairs(parts.final.fitted.interactions) == pairs(parts.tuning.known.interactions)
    assert pairs(parts.final.known.interactions) == pairs(parts.tuning.known.interactions, parts.tuning.held_out)


def test_what_is_fitted_on_all_learns_from_everything_that_is_known() -> None:
    final = left_out(FittedOn.ALL).final
    assert final.fitted is final.known
    assert pairs(final.known.interactions) == pairs(left_out().final.known.interactions)


@pytest.mark.parametrize("protocol", [protocol for protocol in Protocol if protocol is not Protocol.LEAVE_ONE_OUT])
def test_in_every_other_protocol_all_that_is_known_may_be_learnt_from(protocol: Protocol) -> None:
    final = folds(two_camps(), protocol).final
    assert final.fitted is final.known


def test_what_to_fit_on_can_be_chosen_where_one_event_is_left_out_alone() -> None:
    with pytest.raises(EvaluationError, match="leave-one-out alone, not for chronological"):
        folds(two_camps(), Protocol.CHRONOLOGICAL, FittedOn.ALL)


@pytest.mark.parametrize("part", ["tuning", "final"])
def test_all_that_one_moment_holds_out_comes_later_than_all_that_is_known(part: str) -> None:
    fold = getattr(folds(two_camps(), Protocol.GLOBAL), part)
    assert fold.known.interactions["timestamp"].max() < fold.held_out["timestamp"].min()
    whole = len(fold.known.interactions) + len(fold.held_out)
    assert len(fold.held_out) == pytest.approx(whole / 10, abs=1)


def test_one_moment_needs_timestamps() -> None:
    with pytest.raises(DataError, match="needs timestamps, and two-camps has none"):
        folds(without_times(two_camps()), Protocol.GLOBAL)


def test_ratings_are_needed_to_predict_them() -> None:
    with pytest.raises(DataError, match="two-camps has none"):
        folds(two_camps(ratings=False), Protocol.RATING)


def test_a_fold_of_many_users_can_be_judged_by_some_of_them() -> None:
    final = folds(two_camps(), Protocol.CHRONOLOGICAL).final
    some = judged_by(final, 5)
    assert some.held_out["user_id"].nunique() == 5
    assert set(pairs(some.held_out)) < set(pairs(final.held_out))
    assert len(judged_by(final, 1000).held_out) == len(final.held_out)

"""What is held out while methods are tuned, and in the end."""

import hashlib

import numpy as np
import pandas as pd
import pytest

from evaluation.folds import Folds, Protocol, folds
from ingest.errors import DataError
from tests.evaluation.worlds import two_camps

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


def test_ratings_are_needed_to_predict_them() -> None:
    with pytest.raises(DataError, match="two-camps has none"):
        folds(two_camps(ratings=False), Protocol.RATING)

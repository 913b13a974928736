"""What holds of every method, whether it ranks or predicts ratings, when it is asked by ids."""

from dataclasses import replace

import numpy as np
import pytest

from pharos.classics.base import Classic, RatingClassic
from pharos.classics.errors import CannotAnswer
from pharos.classics.extras import MissingExtra
from pharos.classics.recommender import Recommender
from pharos.classics.registry import RANKING, RATING
from pharos.ingest.dataset import Dataset
from tests.evaluation.worlds import two_camps

ITEMS, HAD = 40, 15


def read(dataset: Dataset) -> np.ndarray:
    """A text model's vectors would tell the camps apart."""
    camps = dataset.items["item_id"].str.removeprefix("item-").astype(int) % 2
    return np.eye(2, dtype=np.float32)[camps]


@pytest.fixture(scope="module", params=[*RANKING, *RATING], ids=lambda method: method.name)
def learnt(request: pytest.FixtureRequest) -> Recommender:
    method: type[Classic] | type[RatingClassic] = request.param
    try:
        return Recommender.learn(method(), two_camps(), read)
    except MissingExtra as missing:
        pytest.skip(str(missing))


def test_more_than_exist_gives_all_that_are_unseen_once(learnt: Recommender) -> None:
    found = [item.item_id for item in learnt.recommend(user="user-3", k=1000)]
    had = set(learnt.dataset.interactions.query("user_id == 'user-3'")["item_id"])
    assert len(found) == len(set(found)) == ITEMS - HAD
    assert not had & set(found)


def test_a_list_is_the_beginning_of_a_longer_one(learnt: Recommender) -> None:
    shorter, longer = (learnt.recommend(user="user-3", k=k) for k in (4, 9))
    assert [item.item_id for item in shorter] == [item.item_id for item in longer[:4]]


def test_an_unknown_user_is_told_apart_by_id_and_answered_by_history(learnt: Recommender) -> None:
    with pytest.raises(CannotAnswer, match="no user 'nobody'"):
        learnt.recommend(user="nobody")
    if learnt.method.can.unknown_users:
        assert len(learnt.recommend(history=["item-1", "item-3"], k=3)) == 3
    else:
        with pytest.raises(CannotAnswer, match="supports only the users of its training data"):
            learnt.recommend(history=["item-1", "item-3"], k=3)


@pytest.mark.parametrize("method", [*RANKING, *RATING], ids=lambda method: method.name)
def test_where_all_ratings_are_equal_lists_are_whole(method: type[Classic] | type[RatingClassic]) -> None:
    data = two_camps()
    equal = replace(data, interactions=data.interactions.assign(rating=np.float32(4)))
    try:
        found = Recommender.learn(method(), equal, read).recommend(user="user-3", k=1000)
    except MissingExtra as missing:
        pytest.skip(str(missing))
    assert len(found) == ITEMS - HAD
    assert np.isfinite([item.score for item in found]).all()

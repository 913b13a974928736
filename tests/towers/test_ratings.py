"""Predicted ratings."""

import numpy as np
import pytest

from pharos.ingest.dataset import Dataset
from pharos.towers import training
from pharos.towers.bundle.bundle import Bundle
from pharos.towers.progress import Silent
from pharos.towers.ratings.model import RatingModel
from pharos.towers.ratings.training import fit_ratings
from pharos.towers.settings import RatingSettings

USERS, ITEMS = 60, 40
CAMP = np.where(np.arange(ITEMS) % 2, 1.0, -1.0)
VECTORS = np.column_stack([CAMP, np.ones(ITEMS)]).astype(np.float32) / np.sqrt(2)


def truth(user: int, item: int) -> float:
    """Half of the people love what the other half hates; some items are better than others."""
    return 3.0 + (1 if user % 2 else -1) * CAMP[item] * 1.2 + 0.5 * np.sin(item)


@pytest.fixture(scope="module")
def model() -> RatingModel:
    rng = np.random.default_rng(0)
    pairs = [(user, item) for user in range(USERS) for item in rng.permutation(ITEMS - 1)[:20]]
    users, items = np.array(pairs).T
    ratings = np.array([truth(user, item) for user, item in pairs]) + rng.normal(0, 0.2, len(pairs))
    return fit_ratings(users, items, ratings, VECTORS, RatingSettings(factors=4, sweeps=20), Silent())


def rated_by(user: int, items: list[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows = np.array(items, np.int64)
    return rows, VECTORS[rows], np.array([truth(user, item) for item in items])


def test_a_person_of_whom_only_ratings_are_known_is_understood(model: RatingModel) -> None:
    rows = np.arange(10, 20)
    for user in (1, 2):
        predicted = model.predict(rated_by(user, [0, 1, 2, 3, 4, 5]), rows, VECTORS[rows])
        assert predicted == pytest.approx([truth(user, item) for item in rows], abs=0.5)


def test_a_person_without_ratings_gets_what_everybody_thinks(model: RatingModel) -> None:
    rows = np.arange(10, 20)
    predicted = model.predict(rated_by(1, []), rows, VECTORS[rows])
    assert predicted == pytest.approx([3 + 0.5 * np.sin(item) for item in rows], abs=0.4)


def test_an_item_that_nobody_rated_is_judged_by_its_vector(model: RatingModel) -> None:
    unknown = np.array([-1, -1])
    loved, hated = model.predict(rated_by(1, [0, 1, 2, 3, 4, 5]), unknown, VECTORS[[1, 0]])
    assert loved > 3.6
    assert hated < 2.4


def test_events_without_a_rating_change_nothing(model: RatingModel) -> None:
    rows, vectors, ratings = rated_by(1, [0, 1, 2])
    more = (np.append(rows, 7), np.vstack([vectors, VECTORS[7]]), np.append(ratings, np.nan))
    asked = np.arange(10, 12)
    assert model.predict(more, asked, VECTORS[asked]) == pytest.approx(
        model.predict((rows, vectors, ratings), asked, VECTORS[asked])
    )


def test_no_prediction_leaves_the_range_of_the_ratings(model: RatingModel) -> None:
    raving = (np.array([1, 3, 5]), VECTORS[[1, 3, 5]], np.array([900.0, 900.0, 900.0]))
    assert model.predict(raving, np.array([7]), VECTORS[[7]]) == pytest.approx([model.high])


def test_the_same_seed_gives_the_same_model() -> None:
    users, items = np.repeat(np.arange(10), 5), np.tile(np.arange(5), 10)
    ratings = np.random.default_rng(1).integers(1, 6, 50).astype(float)
    one, other = (
        fit_ratings(users, items, ratings, VECTORS[:5], RatingSettings(factors=2, sweeps=5), Silent()) for _ in range(2)
    )
    assert np.array_equal(one.factors, other.factors)


def test_of_very_many_ratings_those_of_some_users_are_learnt_from(
    bundle: Bundle, world: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[int]()

    def noted(users: np.ndarray, *rest: object) -> None:
        asked.append(len(set(users.tolist())))

    monkeypatch.setattr(training, "fit_ratings", noted)
    training.learn_ratings(world, world.interactions, bundle.towers, None, Silent())
    monkeypatch.setattr(training, "_MOST_RATINGS", len(world.interactions) // 2)
    training.learn_ratings(world, world.interactions, bundle.towers, None, Silent())
    assert asked == [len(world.users), len(world.users) // 2]

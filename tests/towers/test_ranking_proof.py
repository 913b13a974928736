"""The ranking model is served only where it orders lists of people whom it has not met better than the retrieval."""

import numpy as np

from pharos.towers.progress import Silent
from pharos.towers.ranking.feature_names import WIDTH, RankFeature
from pharos.towers.ranking.training import Lists, fit_where_better
from pharos.towers.settings import RankingSettings

PEOPLE, LISTS_OF_ONE, CANDIDATES = 40, 5, 30
SETTINGS = RankingSettings(epochs=4, batch_lists=8, hidden=8, learning_rate=0.02)


def lists_told_by(column: RankFeature, people: int = PEOPLE) -> Lists:
    """Lists in which one feature tells the next item, and all others are chance."""
    rng, count = np.random.default_rng(3), people * LISTS_OF_ONE
    features = rng.normal(size=(count, CANDIDATES, WIDTH)).astype(np.float32)
    label = np.zeros((count, CANDIDATES), np.float32)
    label[np.arange(count), rng.integers(CANDIDATES, size=count)] = 1
    features[..., column] += 4 * label
    return Lists(features, label, np.repeat(np.arange(people), LISTS_OF_ONE))


def test_a_model_that_orders_better_is_served_however_much_proof_is_asked() -> None:
    lists = lists_told_by(RankFeature.LIKENESS_TO_ALL)
    module = fit_where_better(lists, SETTINGS, 6.0, Silent())
    assert module is not None
    scores = np.asarray(module.score(lists.features[0]))
    assert scores.argmax() == lists.label[0].argmax()


def test_a_model_that_cannot_be_better_than_the_retrieval_is_not_served() -> None:
    lists = lists_told_by(RankFeature.MERGED_SCORE)
    assert fit_where_better(lists, SETTINGS, 0.0, Silent()) is None


def test_too_few_people_to_prove_anything_get_the_model() -> None:
    lists = lists_told_by(RankFeature.MERGED_SCORE, people=19)
    assert fit_where_better(lists, SETTINGS, 0.0, Silent()) is not None

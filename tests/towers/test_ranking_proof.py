"""Whether the ranking model is kept is told by lists of people whom it has not met."""

import numpy as np

from pharos.towers.progress import Silent
from pharos.towers.ranking.feature_names import WIDTH, RankFeature
from pharos.towers.ranking.training import Lists, fit_where_better
from pharos.towers.settings import RankingSettings

PEOPLE, LISTS_OF_ONE, CANDIDATES = 200, 2, 30
SETTINGS = RankingSettings(epochs=4, batch_lists=8, hidden=8, learning_rate=0.02)


def lists_told_by(column: RankFeature, people: int = PEOPLE) -> Lists:
    """Lists in which one feature tells the next item, and all others are chance."""
    rng, count = np.random.default_rng(3), people * LISTS_OF_ONE
    features = rng.normal(size=(count, CANDIDATES, WIDTH)).astype(np.float32)
    label = np.zeros((count, CANDIDATES), np.float32)
    label[np.arange(count), rng.integers(CANDIDATES, size=count)] = 1
    features[..., column] += 4 * label
    return Lists(features, label, np.repeat(np.arange(people), LISTS_OF_ONE))


def test_a_model_that_orders_better_is_kept_however_much_proof_is_asked() -> None:
    lists = lists_told_by(RankFeature.LIKENESS_TO_ALL)
    module = fit_where_better(lists, SETTINGS, 6.0, Silent())
    assert module is not None
    scores = np.asarray(module.score(lists.features[0]))
    assert scores.argmax() == lists.label[0].argmax()


def test_a_model_that_is_clearly_worse_is_not_kept() -> None:
    lists = lists_told_by(RankFeature.MERGED_SCORE)
    # Those whom it learns from want the opposite of what those want who judge it.
    lists.features[lists.owner % 8 != 0, :, RankFeature.MERGED_SCORE] *= -1
    assert fit_where_better(lists, SETTINGS, -2.0, Silent()) is None


def test_a_model_that_is_no_better_is_kept_only_where_no_proof_is_asked() -> None:
    lists = lists_told_by(RankFeature.MERGED_SCORE)
    assert fit_where_better(lists, SETTINGS, 2.0, Silent()) is None
    assert fit_where_better(lists, SETTINGS, -20.0, Silent()) is not None


def test_too_few_people_to_tell_keep_the_model() -> None:
    lists = lists_told_by(RankFeature.MERGED_SCORE, people=PEOPLE // 2)
    assert fit_where_better(lists, SETTINGS, 6.0, Silent()) is not None

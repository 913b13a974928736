"""Training on data of every shape, and on data from which nothing can be learnt."""

from dataclasses import replace

import numpy as np
import pytest

from pharos.ingest.dataset import Dataset
from pharos.ingest.splits import chronological
from pharos.towers.errors import TrainingError
from pharos.towers.progress import Silent
from pharos.towers.retrieval.fitting import Fit, fit
from pharos.towers.retrieval.validation import Validation, per_user
from pharos.towers.settings import TrainingSettings
from tests.towers.conftest import QUICK
from tests.towers.worlds import two_camps


def fit_quickly(dataset: Dataset, settings: TrainingSettings = QUICK) -> Fit:
    split = chronological(dataset.interactions)
    return fit(dataset, split.train, settings, text=None, progress=Silent(), held_out=split.validation)


@pytest.mark.parametrize(
    "missing",
    [{"timestamps": False}, {"ratings": False}, {"item_features": False}, {"user_features": False}, {"users": 50}],
    ids=["no timestamps", "no ratings", "no item features", "no user features", "50 users"],
)
def test_towers_find_the_own_camp_whatever_the_data_lacks(missing: dict[str, bool | int]) -> None:
    world = two_camps(**missing)  # type: ignore[arg-type]
    split = chronological(world.interactions)
    result = fit(world, split.train, QUICK, text=None, progress=Silent())
    # 24 items of which 12 are of the own camp, at least 4 of them not seen yet: chance is about half of this.
    score = Validation(world, split.train, split.test, None).score(result.towers)
    assert score.ndcg_10 > 0.55


def test_the_same_seed_and_data_give_the_same_scores() -> None:
    world = two_camps()
    first, second = fit_quickly(world), fit_quickly(world)
    assert first.best_epoch == second.best_epoch
    assert [epoch.loss for epoch in first.curve] == pytest.approx([epoch.loss for epoch in second.curve], abs=1e-3)


def test_sampled_negatives_learn_as_the_whole_catalogue_does() -> None:
    world = two_camps()
    sampled = fit_quickly(world, QUICK.model_copy(update={"negatives": 8}))
    assert sampled.curve[sampled.best_epoch - 1].validation.ndcg_10 > 0.4  # type: ignore[union-attr]


def test_a_run_that_learns_nothing_says_so() -> None:
    world = two_camps()
    mixed = np.random.default_rng(0).permutation(world.interactions["item_id"])
    world = replace(world, interactions=world.interactions.assign(item_id=mixed))
    stuck = fit_quickly(world, QUICK.model_copy(update={"learning_rate": 1e-12, "max_epochs": 2}))
    assert stuck.unlearnt is not None
    assert "that of guessing" in stuck.unlearnt


def test_a_single_item_is_too_little_to_learn_from() -> None:
    world = two_camps()
    events = world.interactions[world.interactions.item_id == "i0"]
    single = fit(world, events, QUICK, text=None, progress=Silent())
    assert single.unlearnt is not None
    assert "on 1 items" in single.unlearnt


def test_the_fit_keeps_the_weights_of_its_best_epoch() -> None:
    world = two_camps()
    split = chronological(world.interactions)
    result = fit_quickly(world)
    kept = Validation(world, split.train, split.validation, None).score(result.towers)
    assert kept == result.curve[result.best_epoch - 1].validation


def test_towers_that_learn_on_keep_the_codes_they_have_and_get_to_know_new_items() -> None:
    world = two_camps()
    split = chronological(world.interactions)
    fewer = split.train[~split.train["item_id"].isin(["i3", "i4"])]
    earlier = fit(world, fewer, QUICK, text=None, progress=Silent())
    later = fit(world, split.train, QUICK, text=None, progress=Silent(), earlier=earlier)
    before, after = earlier.towers.spec.items, later.towers.spec.items
    assert after.ids[: len(before)] == before.ids
    assert set(after.ids[len(before) :]) == {"i3", "i4"}
    assert Validation(world, split.train, split.test, None).score(later.towers).ndcg_10 > 0.55


def test_towers_that_learn_on_begin_where_they_were() -> None:
    world = two_camps()
    earlier = fit_quickly(world)
    unmoved = QUICK.model_copy(update={"learning_rate": 1e-12})
    split = chronological(world.interactions)
    later = fit(world, split.train, unmoved, text=None, progress=Silent(), earlier=earlier)
    vectors = [towers.item_vectors(world.items, None) for towers in (earlier.towers, later.towers)]
    assert vectors[0] == pytest.approx(vectors[1], abs=1e-4)


def test_a_setting_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(TrainingError, match=r"dimension=3.*dimensions"):
        TrainingSettings.parse(["dimension=3"])


def test_a_setting_out_of_range_is_named_with_its_value() -> None:
    with pytest.raises(TrainingError, match=r"dimensions='1'"):
        TrainingSettings.parse(["dimensions=1"])


def test_validation_metrics_equal_those_worked_out_by_hand() -> None:
    scores = np.array([[0.9, 0.8, 0.7, 0.1]], np.float32)
    wanted = np.array([[False, True, False, True]])
    # hits at ranks 2 and 4: (1/log2(3) + 1/log2(5)) / (1 + 1/log2(3))
    np.testing.assert_allclose(per_user(scores, wanted), [[(0.63093 + 0.43068) / 1.63093, 1.0]], atol=1e-4)

"""What diversity and a share of new items cost, as training measures it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pharos.evaluation.folds import Fold, Protocol, folds
from pharos.evaluation.judging import judge_lists, recommend
from pharos.evaluation.list_cost import ListCost, ListOption
from pharos.evaluation.merged import MergedLists
from pharos.indexing.diversity import mean_similarity
from pharos.ingest.dataset import Dataset
from pharos.list_costs import DIVERSITIES, NEW_SHARES, list_costs
from pharos.towers.bundle.bundle import Bundle, Trained
from pharos.towers.progress import Silent
from pharos.towers.settings import TrainingSettings
from pharos.training import train
from tests.evaluation.worlds import two_camps

QUICK = TrainingSettings(dimensions=16, item_hidden=16, user_hidden=32, history_length=20, max_epochs=2, text_model="")


NEW = [f"new-{number}" for number in range(72)]


def with_new_items(data: Dataset) -> Dataset:
    """The same with 72 items more that nobody has had, so that a tenth of all of them fills a list."""
    extra = pd.concat([data.items.head(36)] * 2).assign(item_id=NEW)
    return replace(data, items=pd.concat([data.items, extra], ignore_index=True))


@pytest.fixture(scope="module")
def data() -> Dataset:
    return with_new_items(two_camps(users=60))


@pytest.fixture(scope="module")
def bundle(data: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("costs")
    return train(data, QUICK, bundles=folder, text_cache=folder, progress=Silent()).bundle


@pytest.fixture(scope="module")
def fold(data: Dataset) -> Fold:
    return folds(data, Protocol.CHRONOLOGICAL).final


@pytest.fixture(scope="module")
def lists(bundle: Bundle, fold: Fold) -> MergedLists:
    return MergedLists(Trained(bundle.towers, bundle.sources), fold.known, None)


def curve(costs: list[ListCost], option: ListOption) -> list[ListCost]:
    return [cost for cost in costs if cost.option is option]


def test_with_both_options_off_the_lists_are_the_plain_ones(fold: Fold, lists: MergedLists) -> None:
    plain = recommend(fold, lists.score, k=10)
    place = {item: row for row, item in enumerate(fold.known.items["item_id"])}
    alike = [mean_similarity(lists.items[part["item_id"].map(place)]) for _, part in plain.groupby("user_id")]
    for off in (cost for cost in list_costs(fold, lists, None) if cost.value == 0):
        assert off.ndcg_10 == pytest.approx(judge_lists(fold, plain).ndcg_10)
        assert off.similarity == pytest.approx(np.mean(alike), abs=1e-5)


def test_more_diversity_makes_lists_less_alike(fold: Fold, lists: MergedLists) -> None:
    measured = curve(list_costs(fold, lists, None), ListOption.DIVERSITY)
    assert tuple(cost.value for cost in measured) == DIVERSITIES
    alike = [cost.similarity for cost in measured]
    assert alike == sorted(alike, reverse=True)
    assert alike[-1] < alike[0]


def test_the_share_of_new_items_is_in_the_lists_at_the_cost_of_others(fold: Fold, lists: MergedLists) -> None:
    measured = curve(list_costs(fold, lists, None), ListOption.NEW_SHARE)
    assert tuple(cost.value for cost in measured) == NEW_SHARES
    assert all(cost.new >= cost.value for cost in measured)
    # Nobody has had any of them, so a list of new items alone holds no hit.
    assert measured[-1].ndcg_10 == 0 < measured[0].ndcg_10


def test_where_no_item_has_few_events_the_share_has_no_curve(lists: MergedLists, fold: Fold) -> None:
    many = pd.concat([fold.known.interactions] * 20, ignore_index=True)
    many = pd.concat([many, *[many.head(12).assign(item_id=item) for item in NEW]])
    busy = replace(fold, known=replace(fold.known, interactions=many))
    assert {cost.option for cost in list_costs(busy, lists, None)} == {ListOption.DIVERSITY}


def test_where_nobody_has_a_history_nothing_is_measured(lists: MergedLists, fold: Fold) -> None:
    nobody = replace(fold, known=replace(fold.known, interactions=fold.known.interactions.head(0)))
    assert list_costs(nobody, lists, None) == []


def test_training_keeps_them_in_the_manifest(bundle: Bundle) -> None:
    kept = [ListCost.model_validate(cost) for cost in bundle.manifest.evaluation["list_costs"]]
    assert [cost.value for cost in kept] == [*DIVERSITIES, *NEW_SHARES]
    assert Bundle.load(bundle.path).manifest.evaluation == bundle.manifest.evaluation

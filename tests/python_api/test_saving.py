"""Bundles of the Python API: saved, opened, served."""

import dataclasses
from pathlib import Path

import pandas as pd
import pytest

import pharos
from pharos.ingest.schema import Schema
from pharos.towers.errors import BundleError
from tests.serving import world
from tests.serving.world import toy, war


@pytest.fixture(scope="module")
def opened(saved: Path) -> pharos.Recommender:
    return pharos.open(saved)


def test_an_opened_model_answers_as_the_fitted_one(model: pharos.Recommender, opened: pharos.Recommender):
    for ask in (
        lambda m: m.recommend(["w3", "t5", "quiet"], k=6, filter="year>=1985"),
        lambda m: m.similar(war(2), k=5),
        lambda m: m.search("toys that come to life", k=5),
    ):
        pd.testing.assert_frame_equal(ask(model), ask(opened), atol=1e-4)


def test_a_folder_of_bundles_stands_for_the_newest(saved: Path):
    assert pharos.open(saved.parent).bundle.id == saved.name


def test_a_bundle_without_data_says_that_it_needs_some(model: pharos.Recommender, tmp_path: Path):
    place = model.save(tmp_path, with_data=False)
    assert not (place / "data").exists()
    with pytest.raises(BundleError, match=r"no table of items.*give data="):
        pharos.open(place)


def test_with_newer_data_a_model_answers_with_items_that_training_did_not_see(model: pharos.Recommender, saved: Path):
    data = world.dataset()
    new = data.items[data.items["item_id"] == toy(1)].assign(item_id="toy-new", title="Toy Box, the Return")
    items = pd.concat([data.items, new], ignore_index=True)
    later = pharos.open(saved, dataclasses.replace(data, items=items))
    assert "toy-new" in later.recommend("t5", k=10)["item_id"].tolist()
    assert later.similar("toy-new", k=5)["item_id"].str.startswith("toy-").all()
    assert len(later.recommend(history=["toy-new"], k=5)) == 5


def test_data_without_a_feature_of_the_towers_are_refused(saved: Path):
    data = world.dataset()
    bare = dataclasses.replace(data, items=data.items[["item_id", "title"]], schema=Schema(has_title=True))
    with pytest.raises(BundleError, match=r"reads the feature 'year' \(number\) of items; .* has none"):
        pharos.open(saved, bare)


def test_a_model_is_saved_once_in_a_folder(model: pharos.Recommender, saved: Path):
    with pytest.raises(BundleError, match="is there already"):
        model.save(saved.parent)


def test_an_opened_model_can_be_saved_elsewhere(opened: pharos.Recommender, tmp_path: Path):
    again = pharos.open(opened.save(tmp_path / "copy"))
    assert again.recommend("w3", k=3)["item_id"].tolist() == opened.recommend("w3", k=3)["item_id"].tolist()
    assert sorted(path.name for path in (tmp_path / "copy").iterdir()) == [opened.bundle.id]


def test_a_folder_that_is_no_bundle_is_refused(tmp_path: Path):
    with pytest.raises(BundleError, match="neither a bundle nor a folder of bundles"):
        pharos.open(tmp_path)

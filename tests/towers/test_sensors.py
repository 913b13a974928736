"""Pictures, series and the order of words in the item tower: worlds in which nothing else tells the camps apart."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pharos.ingest.dataset import Dataset
from pharos.ingest.schema import Feature, FeatureType, Schema
from pharos.ingest.splits import chronological
from pharos.towers.bundle.bundle import Bundle
from pharos.towers.features.encoders import ENCODERS
from pharos.towers.histories.histories import Histories
from pharos.towers.progress import Silent
from pharos.towers.training import select, train_bundle
from tests.towers.conftest import QUICK
from tests.towers.worlds import two_camps

Make = Callable[[int, np.random.Generator], np.ndarray | str]
_ITEMS, _NEW = 60, 20


def stripes(camp: int, rng: np.random.Generator) -> np.ndarray:
    """Stripes that lie or stand, at a random place: no pixel alone tells which."""
    wave = (np.sin(np.arange(32) * 0.8 + rng.uniform(0, 6)) > 0) * 200.0
    image = np.tile(wave[:, None] if camp else wave[None, :], (1, 32) if camp else (32, 1))
    return (image[:, :, None] + rng.uniform(0, 50, (32, 32, 3))).astype(np.uint8)


def waves(camp: int, rng: np.random.Generator) -> np.ndarray:
    """Slow or quick waves of any phase and length: no step alone tells which."""
    steps = np.arange(rng.integers(30, 90))
    wave = np.sin(steps * (0.3, 1.5)[camp] + rng.uniform(0, 6))
    return np.stack([wave + rng.normal(0, 0.1, len(steps)), rng.normal(size=len(steps))], axis=1).astype(np.float32)


def frames(camp: int, rng: np.random.Generator) -> np.ndarray:
    """What a video model made of a clip: one of its numbers tells the camp."""
    return np.append(rng.normal(0, 0.5, 7), 1.0 if camp else -1.0).astype(np.float32)


def words(camp: int, rng: np.random.Generator) -> str:
    """Two words among others, in an order that tells the camp: no word alone does."""
    others = [f"word{n}" for n in rng.integers(0, 30, 6)]
    place = int(rng.integers(0, 6))
    return " ".join([*others[:place], *(("cat", "dog") if camp else ("dog", "cat")), *others[place:]])


KINDS = {"image": (FeatureType.IMAGE, stripes), "series": (FeatureType.SERIES, waves)}
LEARNT = {**KINDS, "words": (FeatureType.TEXT, words), "vector": (FeatureType.VECTOR, frames)}


def items(numbers: range, make: Make, rng: np.random.Generator) -> pd.DataFrame:
    """Items of which every seventh has nothing; even ones are of one camp, odd ones of the other."""
    nothing = "" if make is words else None
    values = [nothing if n % 7 == 6 else make(n % 2, rng) for n in numbers]
    ids = [f"i{n}" for n in numbers]
    return pd.DataFrame({"item_id": ids, "title": ids, "signal": pd.Series(values, dtype=object)})


@pytest.fixture(scope="module", params=LEARNT)
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Bundle, Dataset, Make]:
    kind, make = LEARNT[request.param]
    camps = two_camps(users=80, items=_ITEMS, item_features=False, user_features=False)
    schema = Schema(items=(Feature("signal", kind),), has_rating=True, has_timestamp=True)
    world = replace(camps, items=items(range(_ITEMS), make, np.random.default_rng(1)), schema=schema)
    split = chronological(world.interactions)
    settings = QUICK.model_copy(update={"item_id_dropout": 0.5, "max_epochs": 15, "ranker": False, "text_gru": True})
    selection = select(world, split.train, split.validation, settings, None, Silent())
    folder = tmp_path_factory.mktemp("sensors")
    saved = train_bundle(world, selection, settings, None, bundles=folder, progress=Silent())
    return Bundle.load(Path(saved.path)), world, make


def test_new_items_are_found_by_what_they_look_or_sound_like(trained: tuple[Bundle, Dataset, Make]) -> None:
    bundle, world, make = trained
    new = items(range(_ITEMS, _ITEMS + _NEW), make, np.random.default_rng(2))
    known = np.array([n % 7 != 6 for n in range(_ITEMS, _ITEMS + _NEW)])
    queries = Histories(world, world.interactions).queries(["u0", "u1"], bundle.encode_items(world.items).tower)
    even, odd = bundle.encode_users(queries) @ bundle.encode_items(new).tower.T
    first_camp = np.arange(_ITEMS, _ITEMS + _NEW) % 2 == 0
    assert ((even > odd) == first_camp)[known].mean() > 0.85


def test_an_item_without_it_has_a_vector_all_the_same(trained: tuple[Bundle, Dataset, Make]) -> None:
    bundle, _, make = trained
    nothing = items(range(6, 7), make, np.random.default_rng(0))
    vector = bundle.encode_items(nothing).tower
    assert nothing["signal"][0] in (None, "")
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("name", KINDS)
def test_an_encoder_that_is_read_back_encodes_the_same(name: str) -> None:
    kind, make = KINDS[name]
    column = items(range(10), make, np.random.default_rng(3))["signal"]
    encoder = ENCODERS[kind].fit(column)
    again = ENCODERS[kind].from_state(encoder.state())
    encoded = encoder.encode(column).dense
    assert encoded is not None
    assert encoded.shape == (10, encoder.width)
    np.testing.assert_array_equal(encoded, again.encode(column).dense)
    assert encoder.sensor is not None
    assert encoder.sensor.width == encoder.width


@pytest.mark.parametrize("name", KINDS)
def test_a_column_of_nothing_takes_no_place(name: str) -> None:
    empty = pd.Series([None, None], dtype=object)
    encoder = ENCODERS[KINDS[name][0]].fit(empty)
    assert (encoder.width, encoder.sensor) == (0, None)
    encoded = encoder.encode(empty).dense
    assert encoded is not None
    assert encoded.shape == (2, 0)

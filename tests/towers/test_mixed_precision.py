"""Towers that learn with products in bfloat16, and serve in float32."""

from typing import Any

import numpy as np
import pytest

from pharos.ingest.dataset import Dataset
from pharos.ingest.splits import chronological
from pharos.towers.backend import tf
from pharos.towers.bundle.bundle import Bundle
from pharos.towers.histories.histories import Histories
from pharos.towers.progress import Silent
from pharos.towers.retrieval.assembly import build, compile_for, compiled_step, prepare
from pharos.towers.retrieval.steps import Steps
from pharos.towers.retrieval.validation import Validation
from pharos.towers.training import select, train_bundle
from tests.towers.conftest import QUICK
from tests.towers.worlds import two_camps

MIXED = QUICK.model_copy(update={"mixed_precision": True, "ranker": False, "max_epochs": 5})


@pytest.mark.parametrize("timestamps", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_towers_trained_in_mixed_precision_find_the_own_camp_and_serve_in_float32(
    timestamps: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    world = two_camps(timestamps=timestamps)
    split = chronological(world.interactions)
    selection = select(world, split.train, split.validation, MIXED, None, Silent())
    assert Validation(world, split.train, split.test, None).score(selection.fit.towers).ndcg_10 > 0.55
    assert {variable.dtype for variable in selection.fit.model.trainable_variables} == {tf.float32}

    folder = tmp_path_factory.mktemp("mixed")
    saved = train_bundle(world, selection, MIXED, None, bundles=folder, progress=Silent())
    loaded = Bundle.load(saved.path)
    vectors = loaded.encode_items(world.items).tower
    users = loaded.encode_users(Histories(world, world.interactions).queries(["u0", "nobody"], vectors))
    np.testing.assert_allclose(vectors, saved.encode_items(world.items).tower, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(users, axis=1), 1, atol=1e-5)


def test_only_the_products_of_training_are_in_bfloat16(world: Dataset) -> None:
    assert _products(world, mixed=True) > 5
    assert _products(world, mixed=False) == 0


def _products(world: Dataset, *, mixed: bool) -> int:
    """How many products of a training step are in bfloat16; none of an exported tower may be."""
    settings = QUICK.model_copy(update={"mixed_precision": mixed})
    data = prepare(world, world.interactions, settings, None)
    model = build(data, settings)
    inputs = next(iter(Steps(data, 64, settings.negatives, settings.ahead, np.random.default_rng(0))))
    model.compute_loss(inputs)
    compile_for(model, 1e-3)
    exported = tf.function(model.item_tower).get_concrete_function(inputs["items"])
    assert _in_bfloat16(exported) == 0
    return _in_bfloat16(compiled_step(model, inputs).get_concrete_function())


def _in_bfloat16(graph: Any) -> int:
    operations = graph.graph.get_operations()
    return sum("MatMul" in one.type and one.outputs[0].dtype == tf.bfloat16 for one in operations)

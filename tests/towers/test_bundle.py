"""Bundles: saved whole, loaded elsewhere, refused where they do not fit."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pharos.ingest.dataset import Dataset
from pharos.towers.bundle.bundle import COMPACT_ITEMS, SUMS, Bundle, bundle_ids
from pharos.towers.errors import BundleError
from pharos.towers.histories.histories import Histories
from pharos.towers.histories.queries import HistoryEvent, UserQuery
from tests.towers.worlds import coloured

_ENCODE_ELSEWHERE = """
import sys
from pathlib import Path
import numpy as np
from tests.towers.worlds import two_camps
from pharos.towers.bundle.bundle import Bundle
np.save(sys.argv[2], Bundle.load(Path(sys.argv[1])).encode_items(two_camps().items).tower)
print("tensorflow" in sys.modules)
"""


@pytest.mark.slow
def test_a_bundle_moved_and_loaded_by_another_process_gives_equal_vectors_without_tensorflow(
    bundle: Bundle, world: Dataset, tmp_path: Path
) -> None:
    moved = shutil.copytree(bundle.path, tmp_path / "elsewhere")
    out = tmp_path / "vectors.npy"
    command = [sys.executable, "-c", _ENCODE_ELSEWHERE, moved, out]
    ran = subprocess.run(command, check=True, capture_output=True, text=True)
    assert ran.stdout.strip() == "False"
    np.testing.assert_allclose(np.load(out), bundle.encode_items(world.items).tower, atol=1e-5)


def test_a_loaded_user_tower_gives_equal_vectors(bundle: Bundle, world: Dataset) -> None:
    vectors = bundle.encode_items(world.items).tower
    queries = Histories(world, world.interactions).queries(["u0", "u1", "nobody"], vectors)
    loaded = Bundle.load(bundle.path)
    np.testing.assert_allclose(loaded.encode_users(queries), bundle.encode_users(queries), atol=1e-5)


def test_a_bundle_without_a_compact_item_tower_uses_its_saved_model(
    bundle: Bundle, world: Dataset, tmp_path: Path
) -> None:
    older = shutil.copytree(bundle.path, tmp_path / "older")
    (older / COMPACT_ITEMS).unlink()
    (older / SUMS).unlink()
    vectors = Bundle.load(older).encode_items(world.items).tower
    np.testing.assert_allclose(vectors, Bundle.load(bundle.path).encode_items(world.items).tower, atol=1e-5)


def test_items_without_tags_among_others_get_equal_vectors_from_the_compact_tower(bundle: Bundle) -> None:
    items = pd.concat([coloured("a", ""), coloured("b", "blue"), coloured("c", ""), coloured("d", "")])
    together = Bundle.load(bundle.path).encode_items(items).tower
    np.testing.assert_allclose(together, bundle.encode_items(items).tower, atol=1e-5)


def test_all_vectors_have_length_one(bundle: Bundle, world: Dataset) -> None:
    vectors = bundle.encode_items(world.items).tower
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_user_gets_items_of_the_own_camp_first(bundle: Bundle, world: Dataset) -> None:
    vectors = bundle.encode_items(world.items).tower
    queries = Histories(world, world.interactions).queries(["u0", "u1"], vectors)
    top = np.argsort(-(bundle.encode_users(queries) @ vectors.T), axis=1)[:, :5]
    assert (top % 2 == [[0], [1]]).all()


def test_an_item_that_training_never_saw_is_placed_by_its_features(bundle: Bundle, world: Dataset) -> None:
    old = bundle.encode_items(world.items).tower
    new = bundle.encode_items(coloured("brand-new", "blue")).tower[0]
    assert (old[1::2] @ new).mean() > (old[0::2] @ new).mean()


def test_a_new_item_in_a_history_moves_the_vector_of_the_user(bundle: Bundle) -> None:
    new = bundle.encode_items(coloured("brand-new", "blue")).tower
    empty = UserQuery((), np.zeros((0, bundle.dimensions), np.float32))
    one = UserQuery((HistoryEvent("brand-new", 5.0, 1_000_000_000),), new)
    without, with_item = bundle.encode_users([empty, one])
    assert np.abs(without - with_item).max() > 0.01


def test_a_batch_of_users_equals_one_at_a_time(bundle: Bundle, world: Dataset) -> None:
    vectors = bundle.encode_items(world.items).tower
    queries = Histories(world, world.interactions).queries(["u0", "u1", "u2"], vectors)
    loaded = Bundle.load(bundle.path)
    single = np.concatenate([loaded.encode_users([query]) for query in queries])
    np.testing.assert_allclose(loaded.encode_users(queries), single, atol=1e-5)


def test_no_items_and_no_users_are_no_vectors(bundle: Bundle, world: Dataset) -> None:
    assert bundle.encode_items(world.items[:0]).tower.shape == (0, bundle.dimensions)
    assert bundle.encode_users([]).shape == (0, bundle.dimensions)


def test_a_history_longer_than_the_tower_reads_is_cut_to_its_newest_events(bundle: Bundle, world: Dataset) -> None:
    vectors = bundle.encode_items(world.items).tower
    events = tuple(HistoryEvent(f"i{k % 24}", 4.0, 1_000_000_000 + k) for k in range(100))
    rows = np.arange(100) % 24
    vector = bundle.encode_users([UserQuery(events, vectors[rows])])
    assert np.isfinite(vector).all()


def test_bundles_are_listed_oldest_first_and_half_written_ones_not_at_all(bundle: Bundle, tmp_path: Path) -> None:
    for name in ("20300101T000000-aaaa", "20200101T000000-bbbb", ".20250101T000000-cccc.partial"):
        (tmp_path / name).mkdir()
        shutil.copy(bundle.path / "manifest.json", tmp_path / name)
    assert bundle_ids(tmp_path) == ["20200101T000000-bbbb", "20300101T000000-aaaa"]


def test_other_text_weights_are_refused_with_both_hashes(text_bundle: Bundle, tmp_path: Path) -> None:
    copy = shutil.copytree(text_bundle.path, tmp_path / "copy")
    manifest = json.loads((copy / "manifest.json").read_text("utf-8"))
    real, other = manifest["text_model"]["weights_sha256"], "0" * 64
    manifest["text_model"]["weights_sha256"] = other
    (copy / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    (copy / "sums.json").unlink()
    with pytest.raises(BundleError, match=real) as refusal:
        Bundle.load(copy)
    assert other in str(refusal.value)


def test_a_folder_without_a_manifest_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"no manifest\.json"):
        Bundle.load(tmp_path)


def test_a_bundle_of_another_format_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    copy = shutil.copytree(bundle.path, tmp_path / "copy")
    (copy / "manifest.json").write_text('{"format": 99}', "utf-8")
    (copy / "sums.json").unlink()
    with pytest.raises(BundleError, match="format 99"):
        Bundle.load(copy)


def test_a_damaged_bundle_is_refused_with_a_reason(bundle: Bundle, tmp_path: Path) -> None:
    copy = shutil.copytree(bundle.path, tmp_path / "copy")
    shutil.rmtree(copy / "user_tower")
    with pytest.raises(BundleError, match="damaged"):
        Bundle.load(copy)


@pytest.mark.parametrize("file", ["user_tower.tflite", "ranking_model.tflite"])
def test_a_damaged_compact_graph_is_refused_by_name(bundle: Bundle, tmp_path: Path, file: str) -> None:
    copy = shutil.copytree(bundle.path, tmp_path / "copy")
    (copy / file).write_bytes(b"no graph")
    with pytest.raises(BundleError, match=file):
        Bundle.load(copy)


def test_texts_become_vectors_of_length_one(text_bundle: Bundle) -> None:
    vectors = text_bundle.embed_text(["a red thing", ""])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), [1, 0], atol=1e-5)


def test_a_bundle_without_a_text_model_says_so(bundle: Bundle) -> None:
    with pytest.raises(BundleError, match="without a text model"):
        bundle.embed_text(["anything"])

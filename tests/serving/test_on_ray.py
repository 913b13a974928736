"""A catalogue encoded, and lists made, by two workers of Ray: as one process does it."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pharos.errors import RequestError
from pharos.ingest.dataset import Dataset
from pharos.offline import OfflineLists
from pharos.on_ray import encode_items, recommend
from pharos.serving.pipeline import Selection
from pharos.serving.service import open_service
from pharos.serving.settings import Settings
from pharos.towers.bundle.bundle import Bundle
from tests.serving import world
from tests.serving.reindexing_world import FIRST

WORKERS = 2


@pytest.fixture(scope="module")
def ray(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Ray on this machine; without the extra `ray` its tests are skipped."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray = pytest.importorskip("ray", reason="the extra `ray` is not installed")
    # One more than the workers, or nothing could hand them their rows.
    ray.init(num_cpus=WORKERS + 2, include_dashboard=False, object_store_memory=100 * 2**20)
    yield ray
    ray.shutdown()


def in_order(rows: pd.DataFrame, data: Dataset) -> pd.DataFrame:
    return rows.set_index("item_id").loc[data.items["item_id"].tolist()]


@pytest.mark.slow
def test_items_have_the_vectors_that_one_process_computes(ray: Any, bundles: Path) -> None:
    assert ray.is_initialized()
    data = world.dataset()
    # More than one batch.
    many = [data.items.assign(item_id=[f"{item}-{copy}" for item in data.items["item_id"]]) for copy in range(30)]
    data = replace(data, items=pd.concat([data.items, *many], ignore_index=True))
    found = in_order(encode_items(bundles / FIRST, data, WORKERS).to_pandas(), data)
    expected = Bundle.load(bundles / FIRST).encode_items(data.items)
    np.testing.assert_allclose(np.stack(found["tower"].tolist()), expected.tower, atol=1e-5)
    for name in ("neighbours", "content"):
        matrix = getattr(expected, name)
        for row, sparse in enumerate(found[name]):
            assert list(sparse["indices"]) == matrix[row].indices.tolist()
            np.testing.assert_allclose(sparse["values"], matrix[row].data, atol=1e-5)


@pytest.mark.slow
def test_lists_are_those_of_one_process(ray: Any, trained: Settings, qdrant_url: str, tmp_path: Path) -> None:
    from pharos.serving.operations.reindex import reindex
    from pharos.towers.progress import Silent

    assert ray.is_initialized()
    shutil.copytree(trained.data_dir, tmp_path / "data")
    settings = Settings(data_dir=tmp_path / "data", qdrant_url=qdrant_url, alias="on-ray", max_k=60)
    reindex(settings, None, Silent())
    with open_service(settings) as service:
        users = list(service.store.user_ids())
        expected = OfflineLists(service, Selection(5)).lists(users)
    found = recommend(settings, users, Selection(5), WORKERS).to_pandas()
    found = found.set_index("user_id").loc[users].reset_index()
    assert found["item_id"].tolist() == expected["item_id"].tolist()
    np.testing.assert_allclose(found["score"], expected["score"], atol=1e-5)


def test_the_embedded_index_cannot_be_shared_by_workers(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="set qdrant_url"):
        recommend(Settings(data_dir=tmp_path), ["a"], Selection(5), WORKERS)

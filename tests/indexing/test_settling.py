"""Finished collections of the engine in the process, which are rewritten for reading."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pharos.indexing import embedded
from pharos.indexing.embedded import QdrantEmbedded
from pharos.indexing.embedded_points import shard_config
from pharos.indexing.filters import AnyOf, Filter
from pharos.indexing.index import NEIGHBOURS, TOWER, Point
from tests.indexing.clock import hand
from tests.indexing.links import LINKED, entries

POINTS = embedded.SETTLE_FROM_POINTS
ODD = Filter((AnyOf("parity", ("odd",)),))


def numbered(number: int) -> Point:
    """One of many points around the clock; each tenth is a neighbour of item 7."""
    sparse = {NEIGHBOURS: entries({7: float(number)})} if number % 10 == 0 else {}
    return Point(f"n{number}", {TOWER: hand(number * 12 / POINTS)}, {"parity": ["even", "odd"][number % 2]}, sparse)


@pytest.fixture(params=[False, True], ids=["scanned", "with a graph"])
def settled(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of an index whose alias "items" points to a finished collection."""
    if request.param:
        monkeypatch.setattr(embedded, "SCAN_UP_TO_POINTS", POINTS - 1)
    index = QdrantEmbedded(tmp_path)
    index.create("settled", LINKED)
    index.upsert("settled", [numbered(number) for number in range(POINTS)])
    index.optimize("settled")
    index.switch("items", "settled")
    index.close()
    yield tmp_path


@pytest.fixture
def index(settled: Path) -> Iterator[QdrantEmbedded]:
    """The index, opened again."""
    opened = QdrantEmbedded(settled)
    yield opened
    opened.close()


def found(index: QdrantEmbedded, filter: Filter | None = None) -> list[str]:
    """What is nearest to the hand of item 500."""
    return [hit.item_id for hit in index.search("items", numbered(500).vectors[TOWER], limit=3, filter=filter)]


def test_it_finds_what_is_nearest(index: QdrantEmbedded):
    assert found(index)[0] == "n500"
    assert sorted(found(index)) == ["n499", "n500", "n501"]
    assert sorted(found(index, ODD)[:2]) == ["n499", "n501"]


def test_it_finds_by_sparse_vectors(index: QdrantEmbedded):
    hits = index.search("items", entries({7: 2.0}), using=NEIGHBOURS, limit=2)
    assert [(hit.item_id, hit.score) for hit in hits] == [("n990", 1980.0), ("n980", 1960.0)]


def test_it_takes_new_changed_and_deleted_items(index: QdrantEmbedded):
    index.upsert("items", [replace(numbered(500), item_id="new"), replace(numbered(4), item_id="n499")])
    index.delete("items", ["n501"])
    assert {"n500", "new"} == set(found(index)[:2])
    assert found(index)[2] in {"n498", "n502"}
    assert index.count("items") == POINTS


def test_it_keeps_what_was_written_to_it_when_it_is_opened_again(settled: Path):
    index = QdrantEmbedded(settled)
    index.upsert("items", [replace(numbered(990), sparse={NEIGHBOURS: entries({7: 5000.0})})])
    index.set_payload("items", "n500", {"parity": "odd"})
    index.delete("items", ["n980"])
    index.close()
    index = QdrantEmbedded(settled)
    hits = index.search("items", entries({7: 1.0}), using=NEIGHBOURS, limit=2)
    assert [(hit.item_id, hit.score) for hit in hits] == [("n990", 5000.0), ("n970", 970.0)]
    assert found(index, ODD)[0] == "n500"
    index.close()


def test_it_is_no_longer_what_takes_writes(index: QdrantEmbedded):
    # One segment that is only read, and one for what comes: the first opens without building anything.
    assert index._shard("settled").info().segments_count == 2
    assert np.isclose(index.search("items", numbered(3).vectors[TOWER], limit=1)[0].score, 1.0, atol=1e-6)


def test_settings_that_the_engine_refuses_cost_nothing(index: QdrantEmbedded):
    other = shard_config(replace(LINKED, vectors={TOWER: 5}), graph=True)
    with pytest.raises(Exception, match=r"(?i)size|dim|compatible|mismatch"):
        index._shards.reopen("settled", other)
    assert found(index)[0] == "n500"

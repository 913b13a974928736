"""Building a collection, with an encoder of which everything is known."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix

from pharos.indexing.build import build, points, start, upload
from pharos.indexing.embedded import QdrantEmbedded
from pharos.indexing.errors import VerificationFailed
from pharos.indexing.index import CONTENT, NEIGHBOURS, TOWER, Point, VectorIndex
from pharos.ingest.schema import Schema
from tests.indexing.clock import HOURS, hand
from tests.indexing.links import entries

WIDE = 2**31 - 1
ITEMS = pd.DataFrame({"item_id": [str(hour) for hour in range(HOURS)], "title": "", "available": True})


@dataclass(frozen=True)
class Encoder:
    """Item n has n in the dimension n of the neighbours; only the odd ones have content, all in the last dimension."""

    id: str = "clockwork"
    schema: Schema = field(default_factory=Schema)
    dimensions: int = 3
    text_dimensions: int = 0
    columns: int = WIDE

    def encode_items(self, items: pd.DataFrame) -> SimpleNamespace:
        hours = items["item_id"].astype(int).to_numpy()
        rows, odd = np.arange(len(hours)), hours % 2 == 1
        nothing = csr_matrix((len(hours), 0), dtype=np.float32)
        neighbours = csr_matrix((hours.astype(np.float32), (rows, hours)), shape=(len(hours), WIDE))
        last = np.full(odd.sum(), WIDE - 1)
        content = csr_matrix((hours[odd].astype(np.float32), (rows[odd], last)), shape=(len(hours), WIDE))
        return SimpleNamespace(
            tower=np.stack([hand(hour) for hour in hours]),
            text=np.zeros((len(hours), 0), np.float32),
            neighbours=neighbours if self.columns else nothing,
            content=content if self.columns else nothing,
        )


def test_a_point_has_the_sparse_vectors_that_have_entries():
    zero, one, two, *_ = points(Encoder(), ITEMS)
    assert [set(point.sparse) for point in (zero, one, two)] == [set(), {NEIGHBOURS, CONTENT}, {NEIGHBOURS}]
    assert one.sparse[CONTENT].indices.tolist() == [WIDE - 1]


def test_an_encoder_without_sparse_vectors_makes_points_without_them():
    assert [point.sparse for point in points(Encoder(columns=0), ITEMS)] == [{}] * HOURS


def test_what_was_built_is_found_by_its_sparse_vectors(index: VectorIndex):
    build(index, Encoder(), ITEMS)
    hits = index.search("items", entries({WIDE - 1: 2.0}), using=CONTENT, limit=2)
    assert [(hit.item_id, hit.score) for hit in hits] == [("11", 22.0), ("9", 18.0)]
    hits = index.search("items", entries({3: 1.0, 4: -1.0}), using=NEIGHBOURS, limit=2)
    assert [(hit.item_id, hit.score) for hit in hits] == [("3", 3.0), ("4", -4.0)]


def test_a_collection_without_entries_can_be_built_and_searched(index: VectorIndex):
    build(index, Encoder(columns=0), ITEMS)
    assert index.search("items", entries({3: 1.0}), using=NEIGHBOURS, limit=2) == []
    assert index.search("items", hand(3.2), limit=1)[0].item_id == "3"


@pytest.mark.parametrize(
    ("sparse", "problem"),
    [
        ({}, "vector 'content' of item '3' is not what was uploaded .*; a search by vector 'content' differs"),
        ({CONTENT: entries({WIDE - 1: 4.0})}, "vector 'content' of item '3' .*a search by vector 'content' differs"),
    ],
    ids=["lost", "changed"],
)
def test_a_collection_with_a_damaged_sparse_vector_is_not_proven(
    tmp_path: Path, sparse: Mapping[str, object], problem: str
):
    index = QdrantEmbedded(tmp_path)
    collection = start(index, Encoder())
    canaries = upload(index, collection, Encoder(), ITEMS)
    assert canaries.verify(index, collection) == 1
    three: Point = points(Encoder(), ITEMS[3:4])[0]
    kept = {NEIGHBOURS: three.sparse[NEIGHBOURS]}
    index.upsert(collection, [replace(three, sparse={**kept, **sparse})])
    with pytest.raises(VerificationFailed, match=problem):
        canaries.verify(index, collection)
    assert index.fetch(collection, ["3"], with_vectors=(TOWER,))["3"].vectors[TOWER] == pytest.approx(hand(3), abs=1e-6)
    index.close()

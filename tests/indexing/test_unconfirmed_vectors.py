"""Vectors that are read without a call, and confirmed by the search that follows, on both engines."""

from collections.abc import Iterator

import numpy as np
import pytest

from pharos.indexing.errors import OutdatedVectors
from pharos.indexing.index import TOWER, ItemVectors, NumberedHits, Point, SourceQuery, VectorIndex
from pharos.indexing.names import collection_name
from pharos.indexing.server import QdrantServer
from tests.indexing.clock import fill, hand

# As a build names them: a name that may be an alias keeps no vectors.
NAME = collection_name("items", "bundle", "1")
ASKED = ["3", "nothing", "4"]


@pytest.fixture
def collection(index: VectorIndex) -> str:
    """The items of `tests.indexing.clock`."""
    return fill(index, NAME)


@pytest.fixture
def other(index: VectorIndex) -> Iterator[VectorIndex]:
    """The index of another process: of the embedded engine there is none."""
    if not isinstance(index, QdrantServer):
        yield index
        return
    index_too = QdrantServer(str(index._nodes))
    yield index_too
    index_too.close()


def read(index: VectorIndex) -> ItemVectors:
    return index.vectors(NAME, ASKED, confirmed=False)


def search(index: VectorIndex, found: ItemVectors) -> list[NumberedHits]:
    query = SourceQuery(found.rows.mean(axis=0), TOWER, 3)
    return index.search_numbered(NAME, [query], confirm=found.unconfirmed)


def test_they_are_the_same_as_those_read_for_certain(index: VectorIndex, collection: str) -> None:
    certain = index.vectors(collection, ASKED)
    for _ in range(2):
        found = read(index)
        assert np.array_equal(found.rows, certain.rows)
        assert found.present.tolist() == [True, False, True]


def test_a_server_that_others_write_to_leaves_them_unconfirmed(index: VectorIndex, collection: str) -> None:
    assert (read(index).unconfirmed is not None) == isinstance(index, QdrantServer)


def test_a_search_confirms_what_has_not_changed(index: VectorIndex, collection: str) -> None:
    for _ in range(2):
        (hits,) = search(index, read(index))
        assert {index.numbers.items[number] for number in hits.items[:2]} == {"3", "4"}


@pytest.mark.parametrize("change", ["vector", "deleted", "added"])
def test_a_search_refuses_what_another_process_has_changed_and_the_next_reading_has_it(
    index: VectorIndex, other: VectorIndex, collection: str, change: str
) -> None:
    read(index)
    if change == "deleted":
        other.delete(collection, ["4"])
    else:
        other.upsert(collection, [Point("4" if change == "vector" else "nothing", {TOWER: hand(9)}, {})])
    found = read(index)
    if found.unconfirmed is not None:
        with pytest.raises(OutdatedVectors):
            search(index, found)
        found = read(index)
    search(index, found)
    certain = index.vectors(collection, ASKED)
    assert np.array_equal(found.rows, certain.rows)
    assert np.array_equal(found.present, certain.present)

"""Both engines, so that each test of the contract is a test of both."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from qdrant_client import QdrantClient

from pharos.indexing.embedded import QdrantEmbedded
from pharos.indexing.index import VectorIndex
from pharos.indexing.server import QdrantServer
from tests.indexing.clock import fill

ENGINES = ["embedded", "server"]


@pytest.fixture(params=ENGINES)
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[VectorIndex]:
    """An empty index."""
    with _opened(request, tmp_path) as empty:
        yield empty


@pytest.fixture
def clock(index: VectorIndex) -> str:
    """The name of a collection of the index that holds the items of `tests.indexing.clock`."""
    return fill(index)


@pytest.fixture(params=ENGINES, scope="module")
def clock_to_read(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VectorIndex]:
    """An index with the collection "clock", for tests that only read: they share it."""
    with _opened(request, tmp_path_factory.mktemp("index")) as filled:
        fill(filled)
        yield filled


@contextmanager
def _opened(request: pytest.FixtureRequest, folder: Path) -> Iterator[VectorIndex]:
    if request.param == "embedded":
        embedded = QdrantEmbedded(folder)
        yield embedded
        embedded.close()
    else:
        url = request.getfixturevalue("qdrant_url")
        server = QdrantServer(url)
        yield server
        server.close()
        _clear(url)


def _clear(url: str) -> None:
    client = QdrantClient(url, timeout=30, check_compatibility=False)
    for found in client.get_collections().collections:
        client.delete_collection(found.name)
    client.close()

"""What only the index on a server has: a network in between, a key, and strangers."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from qdrant_client import QdrantClient, models

from pharos.indexing.build import previous
from pharos.indexing.errors import IndexUnavailable, UnknownCollection
from pharos.indexing.index import CollectionSpec, Point
from pharos.indexing.server import QdrantServer
from pharos.indexing.server_points import Quantization, vector_params
from tests.indexing.clock import HOURS, SPEC, by_distance, fill, hand
from tests.qdrant_process import QdrantProcess

KEY = "correct horse battery staple"

# A key in the clear is a risk that the client warns of; on loopback it is none.
pytestmark = pytest.mark.filterwarnings("ignore:Api key is used with an insecure connection")


@pytest.fixture
def process(qdrant_binary: Path) -> Iterator[QdrantProcess]:
    """A server of one's own, that wants an API key."""
    process = QdrantProcess(qdrant_binary, api_key=KEY)
    try:
        process.start()
        yield process
    finally:
        process.remove()


@pytest.fixture
def index(process: QdrantProcess) -> Iterator[QdrantServer]:
    """The index on that server."""
    index = QdrantServer(process.url, KEY)
    yield index
    index.close()


def test_a_server_that_is_gone_is_unavailable_and_found_again(process: QdrantProcess, index: QdrantServer):
    fill(index)
    process.stop()
    for call in (index.ready, lambda: index.search("clock", hand(1), limit=1), lambda: index.resolve("items")):
        with pytest.raises(IndexUnavailable, match=rf"Qdrant at {process.url} cannot be reached"):
            call()
    process.start()
    index.ready()
    assert index.count("clock") == HOURS
    index.upsert("clock", [Point("new", {"tower": hand(1)}, {})])
    assert index.count("clock") == HOURS + 1


def test_a_write_outlasts_a_restart_of_the_server(process: QdrantProcess, index: QdrantServer):
    fill(index)
    process.stop()
    write = threading.Thread(target=index.delete, args=("clock", ["3"]))
    write.start()
    write.join(0.5)
    assert write.is_alive()
    process.start()
    write.join()
    assert index.count("clock") == HOURS - 1


def test_a_server_that_does_not_know_the_key_is_unavailable(process: QdrantProcess):
    stranger = QdrantServer(process.url, "wrong")
    with pytest.raises(IndexUnavailable, match="does not accept the API key") as caught:
        stranger.ready()
    assert "wrong" not in str(caught.value)
    with pytest.raises(IndexUnavailable, match="does not accept the API key"):
        stranger.delete("clock", ["3"])
    stranger.close()


def test_nobody_at_the_address_is_unavailable():
    index = QdrantServer("http://127.0.0.1:1")
    with pytest.raises(IndexUnavailable, match=r"http://127\.0\.0\.1:1 cannot be reached"):
        index.ready()
    index.close()


def test_the_http_port_alone_is_enough(qdrant_url: str):
    index = QdrantServer(qdrant_url, prefer_grpc=False)
    fill(index, "over-http")
    assert index.search("over-http", hand(3.2), limit=1)[0].item_id == "3"
    with pytest.raises(UnknownCollection):
        index.delete("nowhere", ["3"])
    index.drop("over-http")
    index.close()


def test_collections_of_others_are_not_listed(qdrant_url: str):
    client = QdrantClient(qdrant_url, check_compatibility=False)
    index = QdrantServer(qdrant_url)
    client.create_collection("foreign", models.VectorParams(size=2, distance=models.Distance.COSINE))
    index.create("ours", SPEC)
    assert [info.name for info in index.collections()] == ["ours"]
    index.drop("ours")
    client.delete_collection("foreign")
    index.close()
    client.close()


def test_two_clients_see_the_same_alias(qdrant_url: str):
    here, there = QdrantServer(qdrant_url), QdrantServer(qdrant_url)
    here.switch("shared", fill(here, "seen-by-two"))
    assert there.resolve("shared") == "seen-by-two"
    assert there.count("shared") == HOURS
    client = QdrantClient(qdrant_url, check_compatibility=False)
    client.delete_collection("seen-by-two")
    for closing in (here, there, client):
        closing.close()


class _Died(BaseException):
    """The process ends here."""


@pytest.fixture
def two(qdrant_url: str) -> Iterator[QdrantServer]:
    """An index with two collections of one alias, the first of them live."""
    index = QdrantServer(qdrant_url)
    for name in ("switching--b--1", "switching--b--2"):
        fill(index, name)
    index.switch("switching", "switching--b--1")
    yield index
    client = QdrantClient(qdrant_url, check_compatibility=False)
    for name in ("switching--b--1", "switching--b--2"):
        client.delete_collection(name)
    client.close()
    index.close()


def test_a_switch_that_never_came_to_the_alias_is_no_target_of_a_rollback(
    two: QdrantServer, monkeypatch: pytest.MonkeyPatch
):
    def die(*_: object) -> None:
        raise _Died

    monkeypatch.setattr(two._writer, "update_collection_aliases", die)
    with pytest.raises(_Died):
        two.switch("switching", "switching--b--2")
    assert two.resolve("switching") == "switching--b--1"
    assert previous(two, "switching") is None


def test_a_rollback_that_never_came_to_the_alias_can_be_repeated(two: QdrantServer, monkeypatch: pytest.MonkeyPatch):
    two.switch("switching", "switching--b--2")

    def die(*_: object) -> None:
        raise _Died

    with monkeypatch.context() as broken, pytest.raises(_Died):
        broken.setattr(two._writer, "update_collection_aliases", die)
        two.switch("switching", "switching--b--1")
    found = previous(two, "switching")
    assert found is not None and found.name == "switching--b--1"


def test_a_switch_whose_last_step_is_missing_counts_all_the_same(two: QdrantServer, monkeypatch: pytest.MonkeyPatch):
    change = two._writer.update_collection_aliases

    def change_and_die(*arguments: object) -> None:
        change(*arguments)  # type: ignore[arg-type]
        raise _Died

    with monkeypatch.context() as broken, pytest.raises(_Died):
        broken.setattr(two._writer, "update_collection_aliases", change_and_die)
        two.switch("switching", "switching--b--2")
    times = {info.name: info.live_at for info in two.collections()}
    assert times["switching--b--2"] is not None and times["switching--b--1"] is not None
    assert times["switching--b--2"] > times["switching--b--1"]
    two.switch("switching", "switching--b--1")
    found = previous(two, "switching")
    assert found is not None and found.name == "switching--b--2"


@pytest.mark.parametrize("quantization", [Quantization.SCALAR, Quantization.BINARY])
def test_a_quantized_collection_is_searched_by_its_whole_vectors(process: QdrantProcess, quantization: Quantization):
    index = QdrantServer(process.url, KEY, quantization=quantization)
    fill(index)
    params = index._info("clock").config.params.vectors
    assert isinstance(params, dict)
    assert all(vector.quantization_config is not None and vector.on_disk for vector in params.values())
    hits = index.search("clock", hand(3.2), limit=HOURS)
    assert [hit.item_id for hit in hits] == by_distance(3.2)
    np.testing.assert_allclose(
        [hit.score for hit in hits], [hand(3.2) @ hand(int(hit.item_id)) for hit in hits], atol=1e-6
    )
    index.close()


def test_only_long_vectors_are_reduced_to_bits():
    spec = CollectionSpec({"tower": 64, "text": 384}, {}, "clockwork")
    binary, whole = vector_params(spec, Quantization.BINARY), vector_params(spec)
    assert isinstance(binary["tower"].quantization_config, models.ScalarQuantization)
    assert isinstance(binary["text"].quantization_config, models.BinaryQuantization)
    assert all(params.quantization_config is None and not params.on_disk for params in whole.values())

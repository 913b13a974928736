"""The index on a real cluster of three Qdrant servers."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from qdrant_client import QdrantClient

from pharos.indexing.errors import IndexUnavailable
from pharos.indexing.server import QdrantServer
from pharos.indexing.server_nodes import Replication
from tests.cluster_load import Running, filled
from tests.indexing.clock import HOURS, fill
from tests.qdrant_cluster import QdrantCluster, local_points
from tests.qdrant_process import QdrantProcess

ITEMS = 500


@pytest.fixture(scope="module")
def cluster(qdrant_binary: Path) -> Iterator[QdrantCluster]:
    """Three nodes; what a test stops it starts again."""
    cluster = QdrantCluster(qdrant_binary)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.remove()


def eventually(holds: Callable[[], bool], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


def in_use(cluster: QdrantCluster, index: QdrantServer) -> QdrantProcess:
    """The node that the index uses now."""
    return next(node for node in cluster.nodes if node.url == index._nodes.current.url)


@pytest.mark.slow
def test_a_killed_node_fails_no_read_loses_no_write_and_catches_up(cluster: QdrantCluster) -> None:
    with closing(QdrantServer(cluster.urls, replication=Replication(shards=3, replicas=3))) as index:
        index.switch("items", filled(index, "items--a--1", ITEMS))
        with Running(index, "items", "items--a--1") as load:
            eventually(lambda: len(load.seen.acknowledged) > 50)
            killed = in_use(cluster, index)
            killed.kill()
            without = len(load.seen.acknowledged)
            eventually(lambda: len(load.seen.acknowledged) > without + 50)
            index.switch("items", filled(index, "items--a--2", ITEMS))
            killed.start()
        assert load.seen.failures == []
        assert index.resolve("items") == "items--a--2"
        written = load.seen.acknowledged
        assert sorted(index.fetch("items--a--1", written)) == sorted(written)
        eventually(lambda: local_points(killed.url, "items--a--1") == ITEMS + len(written))
        eventually(lambda: local_points(killed.url, "items--a--2") == ITEMS)


@pytest.mark.slow
def test_a_collection_has_the_shards_and_copies_that_are_asked_for(cluster: QdrantCluster) -> None:
    with closing(QdrantServer(cluster.urls, replication=Replication(shards=2, replicas=3))) as index:
        fill(index, "replicated")
        client = QdrantClient(cluster.urls[0], check_compatibility=False)
        params = client.get_collection("replicated").config.params
        client.close()
        assert (params.shard_number, params.replication_factor, params.write_consistency_factor) == (2, 3, 2)
        eventually(lambda: [local_points(url, "replicated") for url in cluster.urls] == [HOURS] * 3)
        index.drop("replicated")


def test_a_node_that_is_not_there_is_passed_over(qdrant_url: str) -> None:
    with closing(QdrantServer(["http://127.0.0.1:1", qdrant_url])) as index:
        index._nodes._place = 0
        index.ready()
        assert index._nodes.current.url == qdrant_url


def test_nodes_that_are_all_away_are_all_named() -> None:
    urls = ["http://127.0.0.1:1", "http://127.0.0.1:2"]
    with closing(QdrantServer(urls)) as index, pytest.raises(IndexUnavailable, match=f"Qdrant at {', '.join(urls)}"):
        index.ready()

"""A cluster of three Qdrant servers on this machine while one is killed under load, and what copies cost.

Needs the Qdrant server of the tests: `python -m tests.qdrant_binary` fetches it. Options: the count of items (10,000).
All three nodes share the cores of this machine with the load, so that times are an upper bound.
"""

import sys
import time
from contextlib import closing

import numpy as np

from pharos.indexing.server import QdrantServer
from pharos.indexing.server_nodes import Replication
from tests.cluster_load import Load, Running, filled
from tests.qdrant_binary import fetch
from tests.qdrant_cluster import QdrantCluster, local_points

ITEMS, STEADY_SECONDS, AWAY_SECONDS, MOST_SECONDS = 10_000, 10, 10, 120
ALIAS, LIVE, NEXT = "items", "items--a--1", "items--a--2"


def main() -> None:
    """Fill, load, kill, re-index, start again, compare, print."""
    items = int(sys.argv[1]) if len(sys.argv) > 1 else ITEMS
    cluster = QdrantCluster(fetch())
    try:
        cluster.start()
        for replicas in (1, 2):
            with closing(QdrantServer(cluster.urls, replication=Replication(3, replicas))) as index:
                print(f"copies: {replicas}; {uploaded(index, f'copies-{replicas}', items)}")
                index.drop(f"copies-{replicas}")
        with closing(QdrantServer(cluster.urls, replication=Replication(3, 3))) as index:
            print(f"copies: 3; {uploaded(index, LIVE, items)}")
            index.switch(ALIAS, LIVE)
            run(cluster, index, items)
    finally:
        cluster.remove()


def uploaded(index: QdrantServer, collection: str, items: int) -> str:
    """Create and fill a collection, wait until it is optimized; the seconds, for people."""
    started = time.monotonic()
    filled(index, collection, items)
    written = time.monotonic() - started
    index.optimize(collection)
    return f"{items:,} items written in {written:.1f} s, optimized after {time.monotonic() - started:.1f} s"


def run(cluster: QdrantCluster, index: QdrantServer, items: int) -> None:
    """The load: with all nodes, without the one that it used, while it comes back."""
    failed = 0
    with Running(index, ALIAS, LIVE) as load:
        time.sleep(STEADY_SECONDS)
        failed += told("three nodes", load.seen.take())
        killed = next(node for node in cluster.nodes if node.url == index._nodes.current.url)
        killed.kill()
        time.sleep(AWAY_SECONDS)
        failed += told("one killed", load.seen.take())
        started = time.monotonic()
        filled(index, NEXT, items)
        index.switch(ALIAS, NEXT)
        print(f"a new collection of {items:,} items is live on two nodes after {time.monotonic() - started:.1f} s")
        failed += told("re-index", load.seen.take())
        started = time.monotonic()
        killed.start()
        print(f"the killed node is ready after {time.monotonic() - started:.1f} s")
        time.sleep(STEADY_SECONDS)
    seen = load.seen.take()
    failed += told("it is back", seen)
    expected = {LIVE: items + len(seen.acknowledged), NEXT: items}
    while any(local_points(killed.url, collection) != count for collection, count in expected.items()):
        if time.monotonic() - started > MOST_SECONDS:
            print(f"it has NOT caught up after {MOST_SECONDS} s")
            break
        time.sleep(0.2)
    else:
        print(f"it held every item at the latest {time.monotonic() - started:.1f} s after its start")
    kept = index.fetch(LIVE, seen.acknowledged, with_vectors=())
    print(f"acknowledged writes: {len(seen.acknowledged):,}, lost: {len(seen.acknowledged) - len(kept)}")
    print(f"failed reads and writes: {failed}")


def told(period: str, seen: Load) -> int:
    """Print what a load has seen; how many calls failed."""
    for kind, seconds in (("reads", seen.reads), ("writes", seen.writes)):
        p50, p99, most = 1000 * np.array([*np.quantile(seconds, (0.5, 0.99)), max(seconds)])
        print(f"{period:<12} {len(seconds):>6,} {kind:<6} median {p50:.1f} ms, p99 {p99:.1f}, most {most:.0f}")
    for failure in seen.failures[:3]:
        print(f"{period:<12} {failure}")
    return len(seen.failures)


if __name__ == "__main__":
    main()

"""Runs a cluster of real Qdrant servers for tests, on loopback."""

from pathlib import Path

from qdrant_client import QdrantClient, models

from tests.qdrant_process import QdrantProcess, free_pair_of_ports


class QdrantCluster:
    """Nodes that find each other through the first one. binary: as `qdrant_binary.fetch` returns it."""

    def __init__(self, binary: Path, nodes: int = 3) -> None:
        self.nodes: list[QdrantProcess] = []
        for _ in range(nodes):
            port = free_pair_of_ports()
            address = f"http://127.0.0.1:{port}"
            environment = {"CLUSTER__ENABLED": "true", "CLUSTER__P2P__PORT": str(port)}
            arguments = ["--uri", address, *(["--bootstrap", self._first] if self.nodes else [])]
            self.nodes.append(QdrantProcess(binary, environment=environment, arguments=arguments))
            if len(self.nodes) == 1:
                self._first = address

    @property
    def urls(self) -> list[str]:
        """The addresses of all nodes."""
        return [node.url for node in self.nodes]

    def start(self) -> None:
        """Start all nodes, one after the other, and wait until each is ready."""
        for node in self.nodes:
            node.start()

    def remove(self) -> None:
        """End all nodes and delete their data."""
        for node in self.nodes:
            node.remove()


def local_points(url: str, collection: str) -> int | None:
    """How many points the node at `url` itself holds; None while a shard of it is not active."""
    client = QdrantClient(url, check_compatibility=False, timeout=10)
    try:
        found = client.http.distributed_api.collection_cluster_info(collection).result
    finally:
        client.close()
    if found is None or any(shard.state != models.ReplicaState.ACTIVE for shard in found.local_shards):
        return None
    return sum(shard.points_count for shard in found.local_shards)

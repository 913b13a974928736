"""The nodes of a Qdrant server: one, or those of a cluster, of which a call goes to one that answers."""

import random
import ssl
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from qdrant_client import QdrantClient

from pharos.indexing.server_http import HTTP_PORT, JsonConnection, waiting_time

# Once a server is back it must be found within seconds; gRPC would wait up to two minutes.
_GRPC_OPTIONS: Final = {
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.min_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 1000,
}


@dataclass(frozen=True)
class Replication:
    """How a new collection lies on the nodes of a cluster.

    shards: parts that the points are divided into; None for as many as there are nodes. replicas: copies of each part,
    on different nodes. write_consistency: copies that must have a write before it is acknowledged; None for a majority
    of them. https://qdrant.tech/documentation/guides/distributed_deployment/
    """

    shards: int | None = None
    replicas: int = 1
    write_consistency: int | None = None

    def parameters(self) -> dict[str, Any]:
        """The arguments for the creation of a collection; none for what the server decides by itself."""
        if self == Replication():
            return {}
        return {
            "shard_number": self.shards,
            "replication_factor": self.replicas,
            "write_consistency_factor": self.write_consistency or self.replicas // 2 + 1,
        }


@dataclass(frozen=True)
class Node:
    """The clients of one node. Over gRPC their timeouts are fixed: what answers a request writes with the hasty one.

    searcher: for searches and look-ups; reader: for all else that is read.
    """

    url: str
    searcher: JsonConnection
    reader: QdrantClient
    patient_writer: QdrantClient
    hasty_writer: QdrantClient

    def close(self) -> None:
        """Close all connections."""
        for client in (self.searcher, self.reader, self.patient_writer, self.hasty_writer):
            client.close()


class Nodes:
    """The nodes, of which one is used until a call to it fails; then the next. Thread-safe.

    first: number of the node to begin with; by default any, so that processes spread over the nodes.
    """

    def __init__(self, nodes: Sequence[Node], first: int | None = None) -> None:
        self._nodes = tuple(nodes)
        self._place = random.randrange(len(nodes)) if first is None else first
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._nodes)

    def __str__(self) -> str:
        return ", ".join(node.url for node in self._nodes)

    @property
    def current(self) -> Node:
        """The node to use now."""
        return self._nodes[self._place]

    def failed(self, node: Node) -> None:
        """Use another node, where there is one, after `node` failed."""
        with self._lock:
            if self.current is node:
                self._place = (self._place + 1) % len(self._nodes)

    def close(self) -> None:
        """Close all connections."""
        for node in self._nodes:
            node.close()


def connect(
    urls: Sequence[str],
    *,
    api_key: str | None,
    ca_file: Path | None,
    grpc_port: int | None,
    prefer_grpc: bool,
    timeout: int,
    write_timeout: int,
    request_timeout: int,
) -> Nodes:
    """The nodes at these addresses; nothing is sent yet. Parameters: see `QdrantServer`."""
    trusted = ssl.create_default_context(cafile=ca_file) if ca_file else None
    certificates = {"root_certificates": ca_file.read_bytes()} if ca_file else {}

    def client(url: str, seconds: int, **more: Any) -> QdrantClient:
        # The client's check for compatible versions would ask the server, which may not be there yet.
        return QdrantClient(
            url,
            port=urlsplit(url).port or HTTP_PORT,
            api_key=api_key,
            timeout=seconds,
            check_compatibility=False,
            verify=trusted or True,
            **more,
        )

    def writer(url: str, seconds: int) -> QdrantClient:
        port = grpc_port or (urlsplit(url).port or HTTP_PORT) + 1
        options = {**_GRPC_OPTIONS, **certificates}
        return client(url, seconds, grpc_port=port, prefer_grpc=prefer_grpc, grpc_options=options)

    def node(url: str) -> Node:
        searcher = JsonConnection(url, api_key, trusted, timeout, request_timeout)
        reader = client(url, timeout, event_hooks={"request": [partial(_hurry, at_most=float(request_timeout))]})
        return Node(url, searcher, reader, writer(url, write_timeout), writer(url, request_timeout))

    return Nodes([node(url) for url in urls])


def _hurry(request: httpx.Request, at_most: float) -> None:
    """Before it is sent: what answers a request waits no longer than it may, half of it to get a connection."""
    seconds = waiting_time(at_most)
    if seconds is not None:
        request.extensions["timeout"] = {
            "pool": seconds / 2, "connect": seconds / 2, "write": seconds / 2, "read": seconds
        }  # fmt: skip

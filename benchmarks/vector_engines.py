"""The engines that `vector_search` compares, each running, with its memory and its disk."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from qdrant_client import QdrantClient, models

from benchmarks.machine import disk_mb, peak_mb
from pharos.indexing.embedded import QdrantEmbedded
from pharos.indexing.index import CollectionSpec, VectorIndex
from pharos.indexing.server import QdrantServer
from pharos.indexing.server_points import Quantization, vector_params
from tests.qdrant_binary import fetch
from tests.qdrant_process import QdrantProcess

OPTIMIZE_SECONDS = 7_200


@dataclass
class Engine:
    """An engine that runs.

    memory: in MB, by what is counted. disk: in MB. reopen: closes what is open and opens it again. quantize: changes a
    collection to another setting in place, where there is such a setting; `optimize` waits for it.
    """

    index: VectorIndex
    memory: Callable[[], dict[str, float]]
    disk: Callable[[], float]
    reopen: Callable[[], None]
    quantize: Callable[[str, CollectionSpec, Quantization], None] | None = None


@contextmanager
def embedded() -> Iterator[Engine]:
    """The engine in this process."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def memory() -> dict[str, float]:
            return {"highest memory of this process, libraries and mapped files included": peak_mb()}

        def reopen() -> None:
            engine.index.close()
            engine.index = QdrantEmbedded(folder / "index")

        engine = Engine(QdrantEmbedded(folder / "index"), memory, lambda: disk_mb(folder), reopen)
        try:
            yield engine
        finally:
            engine.index.close()


@contextmanager
def server(quantization: Quantization = Quantization.NONE) -> Iterator[Engine]:
    """A Qdrant server of its own. quantization: of the collections that are created."""
    process, settings = QdrantProcess(fetch()), [quantization]

    def connected() -> QdrantServer:
        patient = {"timeout": 60, "write_timeout": 300, "request_timeout": 60}
        return QdrantServer(process.url, quantization=settings[-1], optimize_timeout=OPTIMIZE_SECONDS, **patient)

    def memory() -> dict[str, float]:
        return {"memory of its own": process.memory() / 2**20, "memory with mapped files": process.resident() / 2**20}

    def reopen() -> None:
        engine.index.close()
        process.stop()
        process.start()
        engine.index = connected()

    def quantize(collection: str, spec: CollectionSpec, quantization: Quantization) -> None:
        settings.append(quantization)
        _change(process.url, collection, spec, quantization)

    try:
        process.start()
        engine = Engine(connected(), memory, lambda: disk_mb(process.storage), reopen, quantize)
        yield engine
        engine.index.close()
    finally:
        process.remove()


def _change(url: str, collection: str, spec: CollectionSpec, quantization: Quantization) -> None:
    changed = {
        name: models.VectorParamsDiff(on_disk=params.on_disk, quantization_config=params.quantization_config)
        for name, params in vector_params(spec, quantization).items()
    }
    client = QdrantClient(url, timeout=300)
    try:
        client.update_collection(collection, vectors_config=changed)
    finally:
        client.close()

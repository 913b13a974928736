"""A real `pharos serve` process over a made-up catalogue, on either engine, for what is measured from outside."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

import httpx

from benchmarks.catalogues import catalogue
from pharos.cli.progress import Lines
from pharos.serving.operations.reindex import reindex
from pharos.serving.parts import open_store
from pharos.serving.settings import Settings
from pharos.towers.settings import TrainingSettings
from pharos.training import train
from tests.qdrant_binary import fetch
from tests.qdrant_process import QdrantProcess

ENGINES: Final = ("embedded", "server")
ROOT: Final = Path(__file__).parents[1]
_READY_SECONDS: Final = 120.0


@contextmanager
def engine(name: str) -> Iterator[str]:
    """The qdrant_url of an engine: empty for the embedded one, of a server that runs meanwhile for the other."""
    if name == "embedded":
        yield ""
        return
    server = QdrantProcess(fetch())
    try:
        server.start()
        yield server.url
    finally:
        server.remove()


def train_two(folder: Path, items: int, users: int, events: int, epochs: int) -> None:
    """A store and two bundles in a folder, whose vectors differ in length, so that to mix them is an error."""
    settings, data, progress = Settings(data_dir=folder), catalogue(items, users, events), Lines()
    for dimensions in (64, 48):
        training = TrainingSettings(max_epochs=epochs, text_model="", dimensions=dimensions)
        train(data, training, bundles=settings.bundles_dir, text_cache=settings.texts_dir, progress=progress)
    with open_store(settings) as store:
        store.import_dataset(data)


def indexed(prepared: Path, folder: Path, qdrant_url: str, bundle: str) -> Settings:
    """A copy of what `train_two` made, with the bundle live."""
    shutil.copytree(prepared, folder)
    settings = Settings(data_dir=folder, qdrant_url=qdrant_url, port=free_port(), refresh_seconds=0.5)
    reindex(settings, bundle, Lines())
    return settings


class Served:
    """One server process. It can be killed and started again on the same folder."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        # Connections are given up before the server does so, which it does after five seconds without a request.
        limits = httpx.Limits(keepalive_expiry=2)
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{settings.port}", timeout=30, limits=limits)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.client.close()

    def start(self) -> float:
        """Start the process and wait until it is ready; returns the seconds that took."""
        started = time.monotonic()
        values = self._settings.model_dump(
            mode="json", include={"data_dir", "qdrant_url", "refresh_seconds", "log_level"}
        )
        environment = {**os.environ, **{f"PHAROS_{name.upper()}": str(value) for name, value in values.items()}}
        with (self._settings.data_dir / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "pharos", "serve", "--port", str(self._settings.port)],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
            )
        while not self.is_ready():
            if self._process.poll() is not None or time.monotonic() - started > _READY_SECONDS:
                raise RuntimeError((self._settings.data_dir / "server.log").read_text(errors="replace")[-2000:])
            time.sleep(0.05)
        return time.monotonic() - started

    @property
    def process_id(self) -> int:
        """The id of the process, which must have been started."""
        assert self._process is not None
        return self._process.pid

    def is_ready(self) -> bool:
        """Whether every part answers."""
        try:
            return self.client.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """End the process as no process can prevent."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """End the process in good order."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)

    def json(self, method: str, path: str, **request: Any) -> Any:
        """The answer to a request, which must be a good one."""
        response = self.client.request(method, path, **request)
        response.raise_for_status()
        return response.json()


def free_port() -> int:
    """A port of the loopback address that nobody uses at the moment."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])

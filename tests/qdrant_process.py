"""Runs the real Qdrant server for tests, unprivileged and on loopback."""

import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

_READY_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 10.0
_UNPRIVILEGED: Final = "nobody"


class QdrantProcess:
    """One server with a folder of its own.

    binary: as `qdrant_binary.fetch` returns it. api_key: what clients must send; empty for none. tls: PEM files of a
    certificate and its key, which the server's user can read once they are copied; without them it speaks plainly.
    environment: more settings, without their prefix. arguments: of the command line.
    url: where it answers over HTTP; gRPC is one port up, as is Qdrant's custom.
    A server can be stopped and started again on the same port with the same data; `remove` ends it for good.
    """

    def __init__(
        self,
        binary: Path,
        *,
        api_key: str = "",
        tls: tuple[Path, Path] | None = None,
        environment: Mapping[str, str] | None = None,
        arguments: Sequence[str] = (),
    ) -> None:
        # Not pytest's temporary folder, which only its owner may enter.
        self._folder = Path(tempfile.mkdtemp(prefix="qdrant-"))
        self._binary = Path(shutil.copy2(binary, self._folder / "qdrant"))
        self._tls = [Path(shutil.copy(file, self._folder)) for file in tls or ()]
        if os.geteuid() == 0:
            for path in (self._folder, *self._tls):
                shutil.chown(path, _UNPRIVILEGED, "nogroup")
        self._port = free_pair_of_ports()
        self._api_key = api_key
        self._more = environment or {}
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._port}"

    def start(self, *, wait: bool = True) -> None:
        """Start the server. wait: until it is ready."""
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*_drop_privileges(), str(self._binary), *self._arguments],
                cwd=self._folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        if wait:
            self.wait()

    def wait(self) -> None:
        """Wait until a server that was started is ready."""
        assert self._process is not None
        deadline = time.monotonic() + _READY_SECONDS
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"Qdrant did not start: {(self._folder / 'log').read_text()[-1000:]}")
            time.sleep(0.05)

    @property
    def storage(self) -> Path:
        """The folder of its data."""
        return self._folder / "storage"

    def memory(self) -> int:
        """The bytes of memory that it has of its own (Linux).

        Without files that are mapped: the kernel takes those back where it needs the room.
        """
        return self._status("RssAnon")

    def resident(self) -> int:
        """The bytes of memory that it has, with those of mapped files that were read lately (Linux)."""
        return self._status("VmRSS")

    def stop(self) -> None:
        """End the server, leaving its data."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def kill(self) -> None:
        """End the server at once, as a power cut does, leaving its data."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def remove(self) -> None:
        """End the server and delete its data."""
        self.stop()
        shutil.rmtree(self._folder)

    def _environment(self) -> dict[str, str]:
        settings = {
            "TELEMETRY_DISABLED": "true",
            "LOG_LEVEL": "WARN",
            "SERVICE__HOST": "127.0.0.1",
            "SERVICE__HTTP_PORT": str(self._port),
            "SERVICE__GRPC_PORT": str(self._port + 1),
            "STORAGE__STORAGE_PATH": str(self._folder / "storage"),
            "STORAGE__SNAPSHOTS_PATH": str(self._folder / "snapshots"),
        }
        if self._api_key:
            settings["SERVICE__API_KEY"] = self._api_key
        if self._tls:
            certificate, key = map(str, self._tls)
            settings |= {"SERVICE__ENABLE_TLS": "true", "TLS__CERT": certificate, "TLS__KEY": key}
        settings |= self._more
        return {f"QDRANT__{name}": value for name, value in settings.items()}

    def _status(self, name: str) -> int:
        assert self._process is not None
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        return 1024 * int(status.split(f"{name}:")[1].split()[0])

    def _is_ready(self) -> bool:
        try:
            # Whether it is the right server is for the tests to ask.
            unchecked = ssl._create_unverified_context() if self._tls else None
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=1, context=unchecked):
                return True
        except (urllib.error.URLError, OSError):
            return False


def _drop_privileges() -> list[str]:
    setpriv = shutil.which("setpriv")
    if os.geteuid() == 0:
        if setpriv is None:
            raise RuntimeError("setpriv (util-linux) is needed to run the Qdrant server without root's rights")
        owner = [f"--reuid={_UNPRIVILEGED}", "--regid=nogroup", "--clear-groups", "--no-new-privs"]
    else:
        owner = []
    # The server must not outlive a test run that is killed. (It ends with the thread that started it, too.)
    return [setpriv, "--pdeathsig=KILL", *owner, "--"] if setpriv else []


def free_pair_of_ports() -> int:
    """A free port whose successor is free too."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port

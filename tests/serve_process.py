"""Runs a real `pharos serve` on a free port of the loopback address."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

COMMAND: Final = (sys.executable, "-m", "pharos")
"""What `pharos` runs."""

_ROOT: Final = Path(__file__).parents[1]
_READY_SECONDS: Final = 300.0
_STOP_SECONDS: Final = 60.0


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """That of this process without any setting of Pharos but these, given by their names."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PHAROS_")}
    own = {f"PHAROS_{name.upper()}": value for name, value in settings.items()}
    return {**inherited, "PYTHONPATH": str(_ROOT), **own}


class ServeProcess:
    """A server; as a context it runs and answers within, and is stopped at the end.

    settings: by name, as text. folder: where it runs and keeps its log.
    """

    def __init__(self, settings: Mapping[str, str], folder: Path, *options: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._settings = settings
        self._folder = folder
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with (self._folder / "serve.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*COMMAND, "serve", "--port", str(self.port), *self._options],
                cwd=self._folder,
                env=environment(self._settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that its workers can be killed with it
            )
        deadline = time.monotonic() + _READY_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self._kill()
                raise RuntimeError(f"pharos serve did not start: {self.log()[-2000:]}")
            time.sleep(0.1)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ask_to_stop()
        self.wait()

    @property
    def process_id(self) -> int:
        """Of the process that was started last."""
        assert self._process is not None
        return self._process.pid

    def ask_to_stop(self) -> None:
        """Send SIGTERM; see `wait`."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def wait(self) -> int:
        """The exit code, once it has ended; killed where that takes too long."""
        assert self._process is not None
        try:
            return self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            return self._kill()

    def log(self) -> str:
        """All that it printed."""
        return (self._folder / "serve.log").read_text(encoding="utf-8")

    def _kill(self) -> int:
        assert self._process is not None
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        return self._process.wait()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            return False

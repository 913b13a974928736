"""Periodic retraining while serving, in a separate process; a new model goes live if it is not worse."""

import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ValidationError

from pharos.indexing.folder_lock import FolderLock, FolderLocked
from pharos.ingest.durable_files import write_durably
from pharos.ingest.errors import PharosError
from pharos.serving.service import Service

_LOCK_FILE: Final = "retrain.lock"
_STATE_FILE: Final = "retrain.json"
_LOOK_SECONDS: Final = 60.0
_LONGEST_SECONDS: Final = 12 * 3600.0
_PRIORITY: Final = 15

logger = logging.getLogger(__name__)

Command = Callable[[str], Sequence[str]]


class RetrainState(BaseModel):
    """The result of the last retraining, and when it ended, in unix seconds. bundle: the new one, if one was made."""

    at: float
    goes_live: bool = False
    reason: str
    bundle: str | None = None


def command(live: str) -> Sequence[str]:
    """The command that retrains, compares with the live bundle, and prints its verdict as its last line."""
    return [sys.executable, "-m", "pharos", "retrain", "--keep", "--against", live]


class Retraining:
    """A thread that retrains periodically; of all processes with one data_dir, one at a time.

    The first variant alone is retrained. A failed retraining is logged, and tried again when the next one is due.
    """

    def __init__(self, service: Service, every_seconds: float, make_command: Command = command) -> None:
        self._service = service
        self._every = every_seconds
        self._command = make_command
        self._folder = service.settings.data_dir
        self._stopped = threading.Event()
        self._process: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._run, name="retraining")

    def start(self) -> None:
        """Start the thread. A retraining is due `every_seconds` after the last one, or after the first start ever."""
        if last_state(self._folder) is None:
            self._keep(RetrainState(at=time.time(), reason="not retrained yet"))
        self._thread.start()

    def close(self) -> None:
        """Stop the thread and a running retraining."""
        self._stopped.set()
        if self._process is not None:
            self._process.kill()
        if self._thread.is_alive():
            self._thread.join()

    def attempt(self) -> RetrainState | None:
        """Retrain now, if it is due and no other process does; returns the result."""
        with suppress(FolderLocked), FolderLock(self._folder, _LOCK_FILE):
            state = last_state(self._folder)
            # A clock that was set back must not postpone it for ever.
            if state is not None and 0 <= time.time() - state.at < self._every:
                return None
            state = self._retrain()
            self._keep(state)
            return state
        return None

    def _run(self) -> None:
        while not self._stopped.wait(min(_LOOK_SECONDS, self._every)):
            try:
                self.attempt()
            except Exception as error:
                logger.exception("retraining failed: %s", error)

    def _retrain(self) -> RetrainState:
        try:
            live = self._service.live.current().bundle.id
            state = self._verdict(live)
            if state.goes_live and state.bundle and not self._stopped.is_set():
                if self._service.live.current().bundle.id != live:
                    return state.model_copy(update={"reason": f"another bundle went live meanwhile; {state.reason}"})
                self._service.reindexer.start(state.bundle)
        except (PharosError, OSError) as error:
            state = RetrainState(at=time.time(), reason=f"retraining failed: {error}")
        logger.warning("retrained: %s (bundle %s, goes live: %s)", state.reason, state.bundle, state.goes_live)
        return state

    def _verdict(self, live: str) -> RetrainState:
        self._process = subprocess.Popen(
            [*self._command(live)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        if hasattr(os, "setpriority"):
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self._process.pid, _PRIORITY)
        try:
            said, complaints = self._process.communicate(timeout=_LONGEST_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            said, complaints = self._process.communicate()
        last = (said.strip().splitlines() or [""])[-1]
        try:
            return RetrainState.model_validate({"at": time.time(), **json.loads(last)})
        except (ValueError, TypeError, ValidationError):
            code = self._process.returncode
            told = (complaints.strip().splitlines() or [f"it ended with code {code}"])[-1][:300]
            return RetrainState(at=time.time(), reason=f"retraining failed: {told}")

    def _keep(self, state: RetrainState) -> None:
        write_durably(self._folder / _STATE_FILE, state.model_dump_json())


@contextmanager
def retraining(service: Service, every_seconds: float) -> Iterator[None]:
    """A context in which retraining runs; without effect if `every_seconds` is 0."""
    if not every_seconds:
        yield
        return
    running = Retraining(service, every_seconds)
    running.start()
    try:
        yield
    finally:
        running.close()


def last_state(folder: Path) -> RetrainState | None:
    """The result of the last retraining in a data_dir; None if there was none, or if its record cannot be read."""
    try:
        return RetrainState.model_validate_json((folder / _STATE_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None

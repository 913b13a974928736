"""The phases of a re-index job, and its progress in the store."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from typing import Final, Protocol

from pharos.serving.errors import ReindexFailed
from pharos.serving.store import Job, JobState, Store

STOPPED: Final = "the server was stopped"
_SECONDS_BETWEEN: Final = 0.5


class Phase(StrEnum):
    """The phases of a re-index in order, named as in the HTTP API."""

    LOADING = "loading"  # the bundle, and the build process
    BUILDING = "building"  # items are encoded and uploaded
    VERIFYING = "proving"  # the collection is optimized and verified
    SYNCING = "catching up"  # what changed during the build is synced
    SWITCHING = "switching"  # the last changes, then the alias
    LIVE = "live"


class ReportPhase(Protocol):
    """A function that receives the phase and the count of items done. It may raise to stop the work."""

    def __call__(self, phase: Phase, done: int = 0, total: int = 0) -> None: ...  # noqa: D102


class JobProgress:
    """A `ReportPhase` that stores the progress of a job, and stops the work once `stopped` is set.

    watch: called at each step. The store is written at each new phase, and at most twice a second within one.
    """

    def __init__(self, job: Job, store: Store, watch: Callable[[Job], None], stopped: threading.Event) -> None:
        self._job = job
        self._store = store
        self._watch = watch
        self._stopped = stopped
        self._saved = -float("inf")

    def __call__(self, phase: Phase, done: int = 0, total: int = 0) -> None:
        """Receive the progress. Raises ReindexFailed to stop the work."""
        if self._stopped.is_set():
            raise ReindexFailed(STOPPED)
        is_new = phase != self._job.phase
        self._job = replace(self._job, phase=phase, done=done, total=total or self._job.total)
        self._watch(self._job)
        if is_new or time.monotonic() - self._saved > _SECONDS_BETWEEN:
            self.save()

    def save(self, collection: str | None = None) -> None:
        """Store the progress now. collection: the one that was built."""
        self._job = replace(self._job, collection=collection or self._job.collection)
        self._store.change_job(self._job)
        self._saved = time.monotonic()

    def end(self, state: JobState, error: str | None = None) -> None:
        """Store the result of the job."""
        phase = Phase.LIVE if state is JobState.DONE else self._job.phase
        self._job = replace(self._job, state=state, phase=phase, error=error, finished_at=int(time.time()))
        self._store.change_job(self._job)

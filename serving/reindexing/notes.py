"""Keeps in the store where a job stands."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from pharos.serving.errors import ReindexFailed
from pharos.serving.reindexing.phases import Phase
from pharos.serving.store import Job, JobState, Store

STOPPED: Final = "the server was stopped"
_SECONDS_BETWEEN: Final = 0.5


class Notes:
    """A `Report` for one job, which also ends the work once `stopped` is set.

    watch: told of each step. The store is told of each phase, and of what is done twice a second.
    """

    def __init__(self, job: Job, store: Store, watch: Callable[[Job], None], stopped: threading.Event) -> None:
        self._job = job
        self._store = store
        self._watch = watch
        self._stopped = stopped
        self._kept = -float("inf")

    def __call__(self, phase: Phase, done: int = 0, total: int = 0) -> None:
        """Take in where the work stands. Raises ReindexFailed where it is to stop."""
        if self._stopped.is_set():
            raise ReindexFailed(STOPPED)
        news = phase != self._job.phase
        self._job = replace(self._job, phase=phase, done=done, total=total or self._job.total)
        self._watch(self._job)
        if news or time.monotonic() - self._kept > _SECONDS_BETWEEN:
            self.keep()

    def keep(self, collection: str | None = None) -> None:
        """Keep where the job stands now; collection: what was built."""
        self._job = replace(self._job, collection=collection or self._job.collection)
        self._store.change_job(self._job)
        self._kept = time.monotonic()

    def end(self, state: JobState, error: str | None = None) -> None:
        """Keep how the job ended."""
        phase = Phase.LIVE if state is JobState.DONE else self._job.phase
        self._job = replace(self._job, state=state, phase=phase, error=error, finished_at=int(time.time()))
        self._store.change_job(self._job)

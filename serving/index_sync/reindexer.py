"""Re-index jobs, rollback, and recovery after a process that died during a job."""

import logging
import secrets
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Final

from pharos.indexing.build import BuildResult, dropped_on_failure, previous, prune
from pharos.indexing.errors import VectorIndexError
from pharos.indexing.index import VectorIndex
from pharos.ingest.errors import PharosError
from pharos.serving.errors import Conflict, NotReady, ReindexFailed, StoreError, UnknownBundle, UnknownJob
from pharos.serving.index_sync.builds import BuildProcess, BuiltCollection, build_collection, builds_folder
from pharos.serving.index_sync.cutover import cut_over
from pharos.serving.index_sync.freed_memory import give_back
from pharos.serving.index_sync.job_progress import STOPPED, JobProgress, Phase
from pharos.serving.index_sync.live_index import Generation, LiveIndex
from pharos.serving.index_sync.reindex_lock import ReindexLock, ReindexLocked, acquire
from pharos.serving.index_sync.variants import Variants
from pharos.serving.settings import Settings
from pharos.serving.store import Job, JobState, Store
from pharos.towers.bundle.bundle import Bundle, bundle_ids

_PATIENCE_SECONDS: Final = 10.0
_PAUSE_SECONDS: Final = 0.05
_FAILURES: Final = (PharosError, OSError)
_PROCESS_ENDED: Final = "its process ended before it was done"

logger = logging.getLogger(__name__)


class Reindexer:
    """Builds a new collection beside the live one and switches to it; rolls back to the previous one.

    A lock, released when its process dies, lets one process at a time do so: of all machines that share a PostgreSQL
    database, or with SQLite of those with one data_dir. Safe with threads.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        index: VectorIndex,
        variants: Variants,
        read_ahead: Callable[[str], None] | None = None,
    ) -> None:
        """read_ahead: called with a new collection before it goes live."""
        self._read_ahead = read_ahead
        self._settings = settings
        self._store = store
        self._index = index
        self._variants = variants
        self._stopped = threading.Event()
        self._process: BuildProcess | None = None
        self._threads: list[threading.Thread] = []
        self._starting = threading.Lock()

    def recover(self) -> None:
        """Clean up after a process that died during a re-index. A running re-index of another process is untouched."""
        try:
            with self._lock():
                self._clean()
        except ReindexLocked:
            pass
        except _FAILURES as error:
            logger.warning("the remains of an earlier re-index stay for now: %s", error)

    def start(self, bundle: str | None = None, variant: str | None = None) -> Job:
        """Start a re-index job in the background; returns it, or the job that is already running.

        bundle: by default the newest. variant: by default the first. Raises UnknownBundle, NotReady where there are no
        items or no bundle, Conflict where a rollback or another process holds the lock.
        """
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                return self._start(bundle, variant, self._lock())
            except ReindexLocked as locked:
                running = self._store.job_under_way()
                if running is not None:
                    return running
                if time.monotonic() > deadline:
                    raise _busy(locked) from locked
                time.sleep(_PAUSE_SECONDS)

    def run(
        self, bundle: str | None, watch: Callable[[Job], None] = lambda _: None, variant: str | None = None
    ) -> BuildResult:
        """Re-index in this thread. watch: receives the progress. Raises as `start`, also while a job is running."""
        try:
            with self._lock() as lock:
                return self._reindex(self._new_job(bundle, variant), lock, watch, in_thread=True)
        except ReindexLocked as locked:
            raise _busy(locked) from locked

    def job(self, job_id: str) -> Job:
        """A job by id. Raises UnknownJob."""
        job = self._store.job(job_id)
        if job is None:
            raise UnknownJob(job_id)
        return job

    def rollback(self, variant: str | None = None) -> tuple[Generation, str | None]:
        """Sync the collection that was live before, and switch the alias back to it.

        Returns its generation, and the name of the collection that was live until now. Raises Conflict where there is
        no earlier collection, or a re-index is running.
        """
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                with self._lock() as lock:
                    return self._roll_back(self._variants.choose(None, variant)[1], lock)
            except ReindexLocked as locked:
                # A job that is done may still be cleaning up.
                if self._store.job_under_way() is not None or time.monotonic() > deadline:
                    raise _busy(locked) from locked
                time.sleep(_PAUSE_SECONDS)

    def close(self) -> None:
        """Stop running jobs, which then have failed, and wait for their threads."""
        self._stopped.set()
        if self._process is not None:
            self._process.kill()
        with self._starting:
            threads = list(self._threads)
        for thread in threads:
            thread.join()

    def _lock(self) -> ReindexLock:
        """Acquire the lock. Raises ReindexLocked if another process or thread holds it."""
        return acquire(self._settings, self._store)

    def _start(self, bundle: str | None, variant: str | None, lock: ReindexLock) -> Job:
        try:
            job = self._new_job(bundle, variant)
        except BaseException:
            lock.release()
            raise
        self._in_background(partial(self._run_job, job, lock))
        return job

    def _in_background(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name="reindexing")
        # At once, as a thread that has not started yet cannot be waited for.
        with self._starting:
            thread.start()
            self._threads = [*(other for other in self._threads if other.is_alive()), thread]

    def _new_job(self, bundle: str | None, variant: str | None) -> Job:
        """Add a job to the store. The lock is held, so any other unfinished job belongs to a dead process."""
        known = bundle_ids(self._settings.bundles_dir)
        if not known:
            raise NotReady(
                "bundle", f"there is no bundle in {self._settings.bundles_dir}; make one with `pharos train`"
            )
        if bundle is not None and bundle not in known:
            raise UnknownBundle(bundle, known)
        total = self._store.counts().items
        if not total:
            raise NotReady("store", "the store holds no items; load a data set with `pharos import`")
        self._clean()
        now = datetime.now(UTC)
        job = Job(
            id=f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}",
            state=JobState.QUEUED,
            phase=Phase.LOADING,
            done=0,
            total=total,
            alias=self._variants.choose(None, variant)[1].alias,
            bundle=bundle or known[-1],
            collection=None,
            error=None,
            started_at=int(now.timestamp()),
            finished_at=None,
        )
        self._store.add_job(job)
        return job

    def _run_job(self, job: Job, lock: ReindexLock) -> None:
        with lock:
            try:
                self._reindex(job, lock, lambda _: None, in_thread=job.total <= self._settings.build_here_items)
            except _FAILURES as error:
                logger.error("re-index %s failed: %s", job.id, error)
        give_back()

    def _reindex(self, job: Job, lock: ReindexLock, watch: Callable[[Job], None], *, in_thread: bool) -> BuildResult:
        progress = JobProgress(replace(job, state=JobState.RUNNING), self._store, watch, self._stopped)
        started = time.monotonic()
        try:
            progress.save()
            live = next(live for _, live in self._variants.items() if live.alias == job.alias)
            # Long before the switch: it takes the interpreter for a while, as opening the collection does.
            bundle = live.bundle(job.bundle)
            built = self._build(job, progress, in_thread=in_thread)
            before = self._index.resolve(job.alias)
            with dropped_on_failure(self._index, built.collection):
                progress.save(collection=built.collection)
                self._store.set_synced(built.collection, built.revision)
                if self._read_ahead is not None:
                    self._read_ahead(built.collection)
                generation = Generation(built.collection, bundle)
                cut_over(self._store, self._index, live, generation, built.revision, progress, lock.check)
            progress.end(JobState.DONE)
        except BaseException as error:
            with suppress(StoreError):
                try:
                    # Before the job is marked as failed, so that whoever reads that finds no remains.
                    self._prune()
                finally:
                    progress.end(JobState.FAILED, self._reason(error))
            raise
        self._prune()
        return BuildResult(built.collection, before, built.count, time.monotonic() - started, built.recall)

    def _reason(self, error: BaseException) -> str:
        if self._stopped.is_set():
            return STOPPED
        return str(error) if isinstance(error, _FAILURES) else "it failed; the log says why"

    def _build(self, job: Job, progress: JobProgress, *, in_thread: bool) -> BuiltCollection:
        if in_thread:
            progress(Phase.LOADING)
            # With the cache of text vectors, which the live bundle does not use.
            loaded = Bundle.load(self._settings.bundles_dir / job.bundle, self._settings.texts_dir)
            return build_collection(self._store, self._index, loaded, job.alias, progress)
        self._process = BuildProcess(self._settings, self._index, job.bundle, job.alias)
        try:
            return self._process.run(progress)
        finally:
            self._process = None

    def _roll_back(self, live: LiveIndex, lock: ReindexLock) -> tuple[Generation, str | None]:
        target = previous(self._index, live.alias)
        if target is None:
            raise Conflict("there is no collection to roll back to: none was live before the one that is")
        left = self._index.resolve(live.alias)
        generation = Generation(target.name, live.bundle(target.bundle))
        since = self._store.synced_revision(target.name)
        cut_over(self._store, self._index, live, generation, since, self._check, lock.check)
        return generation, left

    def _check(self, phase: Phase, done: int = 0, total: int = 0) -> None:
        if self._stopped.is_set():
            raise ReindexFailed(STOPPED)

    def _clean(self) -> None:
        """Mark the jobs of dead processes as done or failed, and drop their unfinished collections."""
        job = self._store.job_under_way()
        if job is not None and job.collection is not None and self._index.resolve(job.alias) == job.collection:
            self._store.change_job(replace(job, state=JobState.DONE, phase=Phase.LIVE, finished_at=int(time.time())))
        if job is not None:
            self._store.fail_jobs(_PROCESS_ENDED)
        shutil.rmtree(builds_folder(self._settings), ignore_errors=True)
        self._prune()

    def _prune(self) -> None:
        """Drop old collections; if the index is unavailable, the next start or job does it."""
        try:
            dropped = [name for _, live in self._variants.items() for name in prune(self._index, live.alias)]
        except VectorIndexError as error:
            logger.warning("older collections stay for now: %s", error)
            return
        if dropped:
            self._store.forget_collections(dropped)


def _busy(locked: ReindexLocked) -> Conflict:
    return Conflict(f"{locked}; wait until it is done, then ask again")

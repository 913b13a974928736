"""Answers the parts of a file of lists in several processes, which share the item vectors through a mapped file.

Each worker opens the store and the bundle itself. The index stays with this process: an embedded one is open in one
process only.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from typing import IO, Final

import numpy as np
import pandas as pd
from pydantic import BaseModel, SecretStr

from pharos.batch_lists import StoredItems
from pharos.ingest.columns import Columns
from pharos.ingest.errors import PharosError
from pharos.serving.pipeline import Selection
from pharos.serving.service import Service

_MODULE: Final = "pharos.list_process"
_ONE_THREAD: Final = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1"
)
"""Each worker computes in one thread: there are as many workers as there should be threads."""

VECTORS, ALLOWED, ITEMS = "vectors.npy", "allowed.npy", "items.parquet"


class WorkerDied(PharosError):
    """A worker ended before its work was done; the message says how."""


@dataclass(frozen=True)
class Part:
    """A part of a run. file: where it is written."""

    number: int
    file: Path
    users: Sequence[str]


class WorkerOrder(BaseModel):
    """What a worker is told at its start, one line on its standard input; a `PartOrder` a line follows.

    settings: with secrets in plain text, since no one else reads the pipe. shared: folder with the items and vectors.
    """

    settings: dict[str, object]
    bundle: str
    shared: Path
    k: int
    diversity: float
    exclude: list[str]

    @classmethod
    def of(cls, service: Service, selection: Selection, shared: Path) -> "WorkerOrder":
        """The order for the live bundle and all that every list has."""
        secrets = {name: value.get_secret_value() for name, value in service.settings if isinstance(value, SecretStr)}
        return cls(
            settings={**service.settings.model_dump(mode="json"), **secrets},
            bundle=service.live.current().bundle.path.name,
            shared=shared,
            k=selection.k,
            diversity=selection.diversity,
            exclude=sorted(selection.exclude),
        )


class PartOrder(BaseModel):
    """A part to write."""

    file: Path
    users: list[str]


class WorkerAnswer(BaseModel):
    """A line on a worker's standard output after each part. error: why it is not written; the worker then ends."""

    error: str | None = None


def write_side_by_side(
    service: Service,
    parts: Sequence[Part],
    selection: Selection,
    count: int,
    folder: Path,
    written: Callable[[Part], None],
) -> None:
    """Write parts by `count` workers.

    folder: for what they share, while they work. written: called after each part, in any order. Raises WorkerDied.
    """
    todo = iter(parts)
    with _shared(service, selection, folder) as shared, ExitStack() as open_, DefaultSelector() as answers:
        order = WorkerOrder.of(service, selection, shared)
        for number in range(1, count + 1):
            worker = open_.enter_context(_worker(number, order))
            if worker.take(next(todo, None)):
                answers.register(worker.answers, EVENT_READ, worker)
        while answers.get_map():
            for key, _ in answers.select():
                worker = key.data
                written(worker.finished())
                if not worker.take(next(todo, None)):
                    answers.unregister(worker.answers)


@dataclass
class _Worker:
    number: int
    process: subprocess.Popen[str]
    log: IO[str]
    part: Part | None = field(default=None)

    @property
    def answers(self) -> IO[str]:
        assert self.process.stdout is not None
        return self.process.stdout

    def take(self, part: Part | None) -> bool:
        """Send the worker its next part; False where there is none."""
        self.part = part
        if part is not None:
            self.send(PartOrder(file=part.file, users=list(part.users)))
        return part is not None

    def send(self, message: BaseModel) -> None:
        """Write a line. That a worker is dead shows when its answer is read."""
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):
            self.process.stdin.write(message.model_dump_json() + "\n")
            self.process.stdin.flush()

    def finished(self) -> Part:
        """The part that the worker has written. Raises WorkerDied."""
        line = self.answers.readline()
        answer = WorkerAnswer.model_validate_json(line) if line else None
        if answer is None or answer.error or self.part is None:
            reason = answer.error if answer and answer.error else self._end()
            kept = "finished parts are kept, and the same command goes on after them"
            raise WorkerDied(f"worker {self.number} ended: {reason}; {kept}")
        return self.part

    def _end(self) -> str:
        code = self.process.wait()
        if code == -signal.SIGKILL:
            return "the system killed it, perhaps for want of memory: ask for fewer --workers"
        self.log.seek(0)
        last = (self.log.read().strip().splitlines() or ["it said nothing"])[-1]
        return f"{signal.Signals(-code).name if code < 0 else f'code {code}'}: {last[:300]}"


@contextmanager
def _worker(number: int, order: WorkerOrder) -> Iterator[_Worker]:
    """A running worker. It ends with its standard input, also where this process is killed."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", _MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            encoding="utf-8",
            env={**os.environ, **_ONE_THREAD},
            # Ctrl-C is for this process, which then ends the others.
            start_new_session=True,
        )
        assert process.stdin is not None and process.stdout is not None
        try:
            worker = _Worker(number, process, log)
            worker.send(order)
            yield worker
        finally:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with suppress(BrokenPipeError):
                    pipe.close()


@contextmanager
def _shared(service: Service, selection: Selection, folder: Path) -> Iterator[Path]:
    """A folder with the ids of all items, their vectors, and a mask of those that lists may have."""
    shared = folder / "shared"
    shutil.rmtree(shared, ignore_errors=True)
    shared.mkdir()
    try:
        items = StoredItems.read(service.store, service.index, service.live.current().collection, selection.filter)
        np.save(shared / VECTORS, items.vectors)
        np.save(shared / ALLOWED, items.allowed)
        items.frame[[Columns.ITEM]].to_parquet(shared / ITEMS, index=False)
        del items
        yield shared
    finally:
        shutil.rmtree(shared, ignore_errors=True)


def read_shared(shared: Path) -> tuple[pd.Index, "np.ndarray", "np.ndarray"]:
    """The ids, the vectors, mapped into memory, and the mask."""
    item_ids = pd.Index(pd.read_parquet(shared / ITEMS)[Columns.ITEM])
    return item_ids, np.load(shared / VECTORS, mmap_mode="r"), np.load(shared / ALLOWED)

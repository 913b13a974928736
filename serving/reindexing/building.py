"""Builds a collection from the store: in this thread, or in a process of its own.

A process of its own has an interpreter of its own and a low priority, so that requests stay quick: encoding takes every
core it gets, and the embedded engine holds the interpreter while it writes and, for minutes, while it optimizes.
"""

import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

from pydantic import BaseModel, SecretStr, ValidationError

from pharos.indexing.build import build_beside
from pharos.indexing.embedded import QdrantEmbedded
from pharos.indexing.index import VectorIndex
from pharos.serving.errors import ReindexFailed
from pharos.serving.following import require_features
from pharos.serving.reindexing.phases import Phase, Report
from pharos.serving.settings import Settings
from pharos.serving.store import Store
from pharos.towers.bundle.bundle import Bundle

_MODULE: Final = "pharos.serving.reindexing.child"


class Fresh(BaseModel):
    """A collection that was built and proved. revision: it has every change up to there. recall: from 0 to 1."""

    collection: str
    count: int
    recall: float
    revision: int


class Order(BaseModel):
    """What the process is to do, in one line on its standard input. folder: of an embedded index of its own."""

    settings: dict[str, object]
    bundle: str
    alias: str
    folder: Path

    @classmethod
    def of(cls, settings: Settings, bundle: str, alias: str, folder: Path) -> "Order":
        """Secrets are revealed: they go through a pipe, not through the command line, which everybody can read."""
        secrets = {name: value.get_secret_value() for name, value in settings if isinstance(value, SecretStr)}
        return cls(settings={**settings.model_dump(mode="json"), **secrets}, bundle=bundle, alias=alias, folder=folder)


class Message(BaseModel):
    """What the process says, a line each on its standard output."""

    phase: Phase = Phase.LOADING
    done: int = 0
    total: int = 0
    fresh: Fresh | None = None
    error: str | None = None


def building_folder(settings: Settings) -> Path:
    """Where collections of the embedded engine are built; all that is in it is the remains of builds once none runs."""
    return settings.index_dir / "building"


def build_here(store: Store, index: VectorIndex, bundle: Bundle, alias: str, report: Report) -> Fresh:
    """Build and prove a collection of all that the store holds now."""
    require_features(store, bundle)
    revision, total = store.revision(), store.counts().items

    def progress(done: int) -> None:
        report(Phase.BUILDING if done < total else Phase.PROVING, done, total)

    built = build_beside(index, bundle, store.item_frames(until=revision), alias=alias, progress=progress)
    return Fresh(collection=built.collection, count=built.count, recall=built.recall, revision=revision)


class ChildBuild:
    """The same in a process of its own. It dies with this one, and leaves nothing in the live index if it fails."""

    def __init__(self, settings: Settings, index: VectorIndex, bundle: str, alias: str) -> None:
        self._settings = settings
        self._index = index
        self._bundle = bundle
        self._alias = alias
        self._process: subprocess.Popen[str] | None = None

    def run(self, report: Report) -> Fresh:
        """Start the process and wait until the collection is in the index. Raises ReindexFailed with the reason."""
        building = building_folder(self._settings)
        building.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=building))
        order = Order.of(self._settings, self._bundle, self._alias, folder)
        try:
            with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as complaints:
                fresh = self._order(order, report, complaints)
            if isinstance(self._index, QdrantEmbedded):
                self._index.adopt(fresh.collection, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return fresh

    def kill(self) -> None:
        """End the process at once; `run` raises."""
        if self._process is not None:
            self._process.kill()

    def _order(self, order: Order, report: Report, complaints: IO[str]) -> Fresh:
        fresh, error = None, None
        report(Phase.LOADING)
        with subprocess.Popen(
            [sys.executable, "-m", _MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            encoding="utf-8",
        ) as process:
            self._process = process
            try:
                fresh, error = _converse(process, order, report)
            except BaseException:
                process.kill()
                raise
        if fresh is None or process.returncode != 0:
            complaints.seek(0)
            last = (complaints.read().strip().splitlines() or ["it said nothing"])[-1]
            raise ReindexFailed(error or f"the building process ended with code {process.returncode}: {last[:300]}")
        return fresh


def _converse(process: subprocess.Popen[str], order: Order, report: Report) -> tuple[Fresh | None, str | None]:
    assert process.stdin is not None and process.stdout is not None
    try:
        process.stdin.write(order.model_dump_json() + "\n")
        process.stdin.flush()
    except BrokenPipeError:
        # It is dead already. What was not sent would be tried again at the end.
        with suppress(BrokenPipeError):
            process.stdin.close()
        return None, None
    fresh, error = None, None
    for line in process.stdout:
        try:
            message = Message.model_validate_json(line)
        except ValidationError:
            continue  # some library's own words
        fresh, error = message.fresh or fresh, message.error or error
        if not fresh and not error:
            report(message.phase, message.done, message.total)
    return fresh, error

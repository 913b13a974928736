"""Builds a collection from the store, in this thread or in a separate process.

A process of its own has its own interpreter and a low priority, so that requests stay quick: encoding takes every core
it gets, and the embedded engine holds the interpreter while it writes and, for minutes, while it optimizes.
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
from pharos.serving.index_sync.job_progress import Phase, ReportPhase
from pharos.serving.index_sync.sync import require_features
from pharos.serving.settings import Settings
from pharos.serving.store import Store
from pharos.towers.bundle.bundle import Bundle

_MODULE: Final = "pharos.serving.index_sync.build_process"


class BuiltCollection(BaseModel):
    """A verified collection. revision: the store revision it is in sync with. recall: from 0 to 1."""

    collection: str
    count: int
    recall: float
    revision: int


class BuildOrder(BaseModel):
    """The order to a build process, one line on its standard input. folder: of a temporary embedded index."""

    settings: dict[str, object]
    bundle: str
    alias: str
    folder: Path

    @classmethod
    def of(cls, settings: Settings, bundle: str, alias: str, folder: Path) -> "BuildOrder":
        """The order with secrets in plain text: it goes through a pipe, and not on the command line for all to read."""
        secrets = {name: value.get_secret_value() for name, value in settings if isinstance(value, SecretStr)}
        return cls(settings={**settings.model_dump(mode="json"), **secrets}, bundle=bundle, alias=alias, folder=folder)


class BuildMessage(BaseModel):
    """A message from a build process, one line each on its standard output."""

    phase: Phase = Phase.LOADING
    done: int = 0
    total: int = 0
    built: BuiltCollection | None = None
    error: str | None = None


def builds_folder(settings: Settings) -> Path:
    """The folder in which build processes of the embedded engine work; its content can be deleted when none runs."""
    return settings.index_dir / "building"


def build_collection(
    store: Store, index: VectorIndex, bundle: Bundle, alias: str, report: ReportPhase
) -> BuiltCollection:
    """Build and verify a collection of the store's current content, in this thread."""
    require_features(store, bundle)
    revision, total = store.revision(), store.counts().items

    def progress(done: int) -> None:
        report(Phase.BUILDING if done < total else Phase.VERIFYING, done, total)

    built = build_beside(index, bundle, store.item_frames(until=revision), alias=alias, progress=progress)
    return BuiltCollection(collection=built.collection, count=built.count, recall=built.recall, revision=revision)


class BuildProcess:
    """Builds and verifies in a separate process, which dies with this one. A failed build leaves nothing behind."""

    def __init__(self, settings: Settings, index: VectorIndex, bundle: str, alias: str) -> None:
        self._settings = settings
        self._index = index
        self._bundle = bundle
        self._alias = alias
        self._process: subprocess.Popen[str] | None = None

    def run(self, report: ReportPhase) -> BuiltCollection:
        """Start the process and wait until the collection is in the index. Raises ReindexFailed with the reason."""
        builds = builds_folder(self._settings)
        builds.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=builds))
        order = BuildOrder.of(self._settings, self._bundle, self._alias, folder)
        try:
            with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as stderr:
                built = self._build(order, report, stderr)
            if isinstance(self._index, QdrantEmbedded):
                self._index.adopt(built.collection, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return built

    def kill(self) -> None:
        """Kill the process; `run` then raises."""
        if self._process is not None:
            self._process.kill()

    def _build(self, order: BuildOrder, report: ReportPhase, stderr: IO[str]) -> BuiltCollection:
        built, error = None, None
        report(Phase.LOADING)
        with subprocess.Popen(
            [sys.executable, "-m", _MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            encoding="utf-8",
        ) as process:
            self._process = process
            try:
                built, error = _send_and_read(process, order, report)
            except BaseException:
                process.kill()
                raise
        if built is None or process.returncode != 0:
            stderr.seek(0)
            last = (stderr.read().strip().splitlines() or ["it said nothing"])[-1]
            raise ReindexFailed(error or f"the building process ended with code {process.returncode}: {last[:300]}")
        return built


def _send_and_read(
    process: subprocess.Popen[str], order: BuildOrder, report: ReportPhase
) -> tuple[BuiltCollection | None, str | None]:
    """Send the order and read all messages; returns the built collection, or the error."""
    assert process.stdin is not None and process.stdout is not None
    try:
        process.stdin.write(order.model_dump_json() + "\n")
        process.stdin.flush()
    except BrokenPipeError:
        # The process is dead already. Closing would try to send the rest again.
        with suppress(BrokenPipeError):
            process.stdin.close()
        return None, None
    built, error = None, None
    for line in process.stdout:
        try:
            message = BuildMessage.model_validate_json(line)
        except ValidationError:
            continue  # a line that some library printed
        built, error = message.built or built, message.error or error
        if not built and not error:
            report(message.phase, message.done, message.total)
    return built, error

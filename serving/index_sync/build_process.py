"""The entry point of the process that builds a collection for another one: see `builds.BuildProcess`."""

import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Final

from pharos.ingest.errors import PharosError
from pharos.serving.index_sync.builds import BuildMessage, BuildOrder, BuiltCollection, build_collection
from pharos.serving.index_sync.job_progress import Phase, ReportPhase
from pharos.serving.parts import open_index, open_store
from pharos.serving.settings import load_settings
from pharos.towers.bundle.bundle import Bundle

_PRIORITY: Final = 15
_STDIN: Final = 0


def main() -> None:
    """Read the build order, build, and report."""
    if hasattr(os, "nice"):
        os.nice(_PRIORITY)
    order = BuildOrder.model_validate_json(_first_line())
    threading.Thread(target=_die_with_parent, daemon=True).start()
    try:
        built = _build(order)
    except (PharosError, OSError) as error:
        _send(BuildMessage(error=str(error)))
        sys.exit(1)
    # Sent once the index is closed: only then can another process open the collection.
    _send(BuildMessage(built=built))


def _build(order: BuildOrder) -> BuiltCollection:
    settings = load_settings(**order.settings)
    with open_store(settings) as store, open_index(settings, order.folder) as index:
        bundle = Bundle.load(settings.bundles_dir / order.bundle, settings.texts_dir)
        report = Resting(_report, settings.build_rest) if settings.qdrant_url else _report
        return build_collection(store, index, bundle, order.alias, report)


def _report(phase: Phase, done: int = 0, total: int = 0) -> None:
    _send(BuildMessage(phase=phase, done=done, total=total))


class Resting:
    """A `ReportPhase` after whose calls the work rests, for so many times as long as it took since the last rest.

    The operating system gives a process of low priority what others leave, but a Qdrant server that writes for it
    counts as much as one that searches.
    """

    def __init__(
        self,
        report: ReportPhase,
        rest: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._report, self._rest, self._clock, self._sleep = report, rest, clock, sleep
        self._rested = clock()

    def __call__(self, phase: Phase, done: int = 0, total: int = 0) -> None:
        """Report, and rest while items are left to write."""
        self._report(phase, done, total)
        if phase is Phase.BUILDING and done:
            self._sleep(self._rest * (self._clock() - self._rested))
        self._rested = self._clock()


def _send(message: BuildMessage) -> None:
    sys.stdout.write(message.model_dump_json() + "\n")
    sys.stdout.flush()


def _first_line() -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        read = os.read(_STDIN, 1)
        if not read:
            break
        line += read
    return line


def _die_with_parent() -> None:
    """Exit when the parent dies: it never closes this pipe, so the pipe's end means that it is gone."""
    while os.read(_STDIN, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()

"""The entry point of a process that answers parts of a file of lists: see `pharos.list_workers`."""

import os
import sys
import threading
from collections.abc import Iterator
from queue import SimpleQueue
from typing import TextIO

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from pharos.batch_lists import BatchLists, StoredItems
from pharos.ingest.errors import PharosError
from pharos.list_parts import settle, write
from pharos.list_workers import PartOrder, WorkerAnswer, WorkerOrder, read_shared
from pharos.offline import table
from pharos.serving.parts import open_store
from pharos.serving.pipeline import Selection
from pharos.serving.settings import load_settings
from pharos.towers.bundle.bundle import Bundle


def main() -> None:
    """Read the order, then write part after part, and answer a line for each."""
    answers = _answers()
    lines = _lines()
    try:
        _work(lines, answers)
    except (PharosError, OSError) as error:
        _answer(answers, WorkerAnswer(error=str(error)))
        sys.exit(1)


def _work(lines: Iterator[str], answers: TextIO) -> None:
    order = WorkerOrder.model_validate_json(next(lines))
    settings = load_settings(**order.settings)
    with threadpool_limits(1, "blas"), open_store(settings) as store:
        asked = Selection(order.k, exclude=frozenset(order.exclude), diversity=order.diversity)
        items = StoredItems.known(store, *read_shared(order.shared))
        bundle = Bundle.load(settings.bundles_dir / order.bundle, settings.texts_dir)
        lists = BatchLists(store, settings, bundle, items, asked)
        settle()
        for line in lines:
            part = PartOrder.model_validate_json(line)
            write(part.file, part.users, lambda user_ids: table(lists(user_ids)))
            _answer(answers, WorkerAnswer())


def _answers() -> TextIO:
    """The standard output, for answers alone: what a library prints goes to the standard error from now on."""
    own = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return own


def _answer(answers: TextIO, message: WorkerAnswer) -> None:
    answers.write(message.model_dump_json() + "\n")
    answers.flush()


def _lines() -> Iterator[str]:
    """The lines of the standard input. With its end the process ends, whatever it does: its parent is gone."""
    lines = SimpleQueue[str]()

    def read() -> None:
        for line in sys.stdin:
            lines.put(line)
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    return iter(lines.get, "")


if __name__ == "__main__":
    main()

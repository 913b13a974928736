"""Progress on the standard error: a bar on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from pharos.towers.progress import Progress

_SECONDS_BETWEEN_LINES: Final = 10.0


def terminal_progress() -> Progress:
    """The progress for this standard error: bars on a terminal, otherwise lines."""
    return Bars() if sys.stderr.isatty() else Lines()


class Lines:
    """Prints a line when a task begins, now and then while it runs, and when it ends."""

    @contextmanager
    def task(self, description: str, total: int | None = None) -> Iterator["_LineTask"]:
        """See `pharos.towers.progress.Progress`."""
        task = _LineTask(description, total)
        yield task
        task.end()

    def say(self, text: str) -> None:
        """See `pharos.towers.progress.Progress`."""
        print(text, file=sys.stderr, flush=True)


class _LineTask:
    def __init__(self, description: str, total: int | None) -> None:
        self._description, self._total = description, total
        self._done, self._note = 0, ""
        self._started = self._said = time.monotonic()

    def advance(self, steps: int = 1) -> None:
        self._done += steps
        if time.monotonic() - self._said >= _SECONDS_BETWEEN_LINES:
            self._said = time.monotonic()
            self._say(f"{self._done:,} of {self._total:,}{self._left()}" if self._total else f"{self._done:,}")

    def note(self, text: str) -> None:
        self._note = text

    def end(self) -> None:
        if self._done:
            self._say(f"{self._done:,} in {time.monotonic() - self._started:.1f} s")

    def _left(self) -> str:
        """The estimated time left; empty while there is no estimate."""
        if not self._total or not 0 < self._done < self._total:
            return ""
        seconds = (time.monotonic() - self._started) * (self._total - self._done) / self._done
        return f", {duration(seconds)} left"

    def _say(self, text: str) -> None:
        line = "  ".join(part for part in (f"{self._description}: {text}", self._note) if part)
        print(line, file=sys.stderr, flush=True)


def duration(seconds: float) -> str:
    """Seconds as people write them: 40 s, 5 min, 2 h 10 min."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


class Bars:
    """Shows a bar for each task, with the time left and a note; other lines are printed above."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(stderr=True)

    @contextmanager
    def task(self, description: str, total: int | None = None) -> Iterator["_BarTask"]:
        """See `pharos.towers.progress.Progress`."""
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        bar = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("[dim]left"),
            TimeRemainingColumn(),
            TextColumn("[dim]{task.fields[note]}"),
            console=self._console,
        )
        with bar:
            yield _BarTask(bar, bar.add_task(description, total=total, note=""))

    def say(self, text: str) -> None:
        """See `pharos.towers.progress.Progress`."""
        self._console.print(text, markup=False, highlight=False)


class _BarTask:
    def __init__(self, bar: Any, task: Any) -> None:
        self._bar, self._task = bar, task

    def advance(self, steps: int = 1) -> None:
        self._bar.advance(self._task, steps)

    def note(self, text: str) -> None:
        self._bar.update(self._task, note=text)

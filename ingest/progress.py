"""Progress of long work; the command line implements it for a terminal."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Task(Protocol):
    """One piece of long work."""

    def advance(self, steps: int = 1) -> None:
        """Report that `steps` more are done."""

    def note(self, text: str) -> None:
        """Show `text` beside the bar: a loss, a metric."""


class Progress(Protocol):
    """The receiver of progress reports."""

    def task(self, description: str, total: int | None = None) -> AbstractContextManager[Task]:
        """Open a task as a context manager; `total` is the count of steps, None if unknown."""

    def say(self, text: str) -> None:
        """Show one line that stays."""


class Silent:
    """A progress that shows nothing, for tests and silent callers."""

    @contextmanager
    def task(self, description: str, total: int | None = None) -> Iterator[Task]:
        """A task that ignores all reports."""
        yield _SilentTask()

    def say(self, text: str) -> None:
        """Nothing is shown."""


class _SilentTask:
    def advance(self, steps: int = 1) -> None:
        pass

    def note(self, text: str) -> None:
        pass

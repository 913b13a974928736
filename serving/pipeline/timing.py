"""Times the stages of a request."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


class Stopwatch:
    """Milliseconds by stage of one request; a stage that runs twice counts its sum."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._milliseconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what happens inside, also if it fails."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self._milliseconds[name] = self._milliseconds.get(name, 0.0) + (time.perf_counter() - started) * 1000

    def milliseconds(self) -> Mapping[str, float]:
        """By stage, and "total" since the start."""
        total = (time.perf_counter() - self._started) * 1000
        return {name: round(value, 3) for name, value in {**self._milliseconds, "total": total}.items()}

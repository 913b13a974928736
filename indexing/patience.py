"""How long what answers a request may wait for other servers: so long in all, however many calls it makes."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from pharos.indexing.turns import given_up

_BREAK_SECONDS: Final = 1.0


class Patience:
    """Seconds that may still be waited. What is computed between two calls does not count."""

    def __init__(self, seconds: float) -> None:
        self.left = seconds


_CURRENT: ContextVar[Patience | None] = ContextVar("patience", default=None)


def current() -> Patience | None:
    """That of the request that this thread works for; None where nobody waits for an answer."""
    return _CURRENT.get()


@contextmanager
def waiting() -> Iterator[None]:
    """What is done within is waited for: it costs patience, and other threads may compute meanwhile."""
    patience = current()
    with given_up():
        started = time.monotonic()
        try:
            yield
        finally:
            if patience is not None:
                patience.left -= time.monotonic() - started


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """All calls within, also in threads that get a copy of this context, wait so long together."""
    token = _CURRENT.set(Patience(seconds))
    try:
        yield
    finally:
        _CURRENT.reset(token)


class Silence:
    """That a server did not answer in time, for a second: who comes then need not wait to find out. Safe with threads.

    Only for requests. What works in the background goes on asking, and its success ends the silence.
    clock: in seconds, never going back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._since: float | None = None

    def noticed(self) -> None:
        """A call ran into its timeout just now."""
        with self._lock:
            self._since = self._clock()

    def broken(self, seconds: float) -> None:
        """A call was answered just now, after so many seconds; an answer that was late itself is no good sign."""
        if seconds < _BREAK_SECONDS:
            self._since = None

    def lasts(self) -> bool:
        """Whether a request should not even try."""
        with self._lock:
            return self._since is not None and self._clock() - self._since < _BREAK_SECONDS

"""Turns: one thread at a time computes, while others wait for a server.

Python runs one thread at a time anyway. Many that want to run at once hand the interpreter over in the middle of each
other's work, which costs more the more of them there are: so a server that falls behind would fall behind further.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Turn:
    """What a thread holds while it computes. It can be taken again by who has it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """A context that one thread at a time is in, apart from those that wait in `given_up`."""
        if _TAKEN.get() is self:
            yield
            return
        with self._lock:
            token = _TAKEN.set(self)
            try:
                yield
            finally:
                _TAKEN.reset(token)

    @contextmanager
    def _given_up(self) -> Iterator[None]:
        token = _TAKEN.set(None)
        self._lock.release()
        try:
            yield
        finally:
            self._lock.acquire()
            _TAKEN.reset(token)


_TAKEN: ContextVar[Turn | None] = ContextVar("turn", default=None)


@contextmanager
def given_up() -> Iterator[None]:
    """A context for waiting: for a server, or for a lock that another thread may hold while it waits for its turn."""
    turn = _TAKEN.get()
    if turn is None:
        yield
        return
    with turn._given_up():
        yield


@contextmanager
def holding(lock: threading.Lock) -> Iterator[None]:
    """A context that holds a lock of which other threads may have to wait for their turn."""
    with given_up():
        lock.acquire()
    try:
        yield
    finally:
        lock.release()

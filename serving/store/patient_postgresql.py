"""Connections to PostgreSQL that wait no longer than the request that they serve."""

import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, Self, TypeVar

import psycopg
from psycopg.abc import PQGen, PQGenConn
from sqlalchemy.pool import QueuePool
from sqlalchemy.util.queue import Queue

from pharos.indexing.patience import Patience, Silence, current, waiting

_T = TypeVar("_T")

_SILENT: Final = "PostgreSQL did not answer in time"


class Connector:
    """Opens connections; of those that one connector has opened all know when the server does not answer."""

    def __init__(self) -> None:
        self._silence = Silence()

    def connect(self, *arguments: Any, **named: Any) -> psycopg.Connection[Any]:
        """As `psycopg.connect`. Raises psycopg.OperationalError, also at once where the server has just been silent."""
        patience = current()
        self._refuse_at_once(patience)
        started = time.monotonic()
        try:
            with waiting(), _connecting(None if patience is None else started + patience.left):
                connection = _Connection.connect(*arguments, **named)
                self._silence.broken(time.monotonic() - started)
        except psycopg.errors.ConnectionTimeout:
            self._silence.noticed()
            raise
        connection.connector = self
        return connection

    def wait(self, connection: "_Connection", gen: PQGen[_T], interval: float) -> _T:
        """Wait for an answer, as long as the request has patience; then the connection is closed."""
        patience = current()
        if patience is None:
            with waiting():
                return connection.wait_long(gen, interval)
        started = time.monotonic()
        try:
            self._refuse_at_once(patience)
            with waiting():
                limited = _limited(gen, started + patience.left, _TooLong(waited=True))
                answer = connection.wait_long(limited, interval)
                self._silence.broken(time.monotonic() - started)
                return answer
        except _TooLong as error:
            # What it would still answer belongs to nobody.
            connection.close()
            if error.waited:
                self._silence.noticed()
            raise

    def _refuse_at_once(self, patience: Patience | None) -> None:
        if patience is not None and (patience.left <= 0 or self._silence.lasts()):
            raise _TooLong(waited=False)


class _TooLong(psycopg.OperationalError):
    """waited: whether it was tried at all."""

    def __init__(self, *, waited: bool) -> None:
        super().__init__(_SILENT)
        self.waited = waited


_CONNECTED_BY: ContextVar[float | None] = ContextVar("connected_by", default=None)


@contextmanager
def _connecting(deadline: float | None) -> Iterator[None]:
    """Connections that are opened within are there by then, or not at all; None: without a deadline."""
    token = _CONNECTED_BY.set(deadline)
    try:
        yield
    finally:
        _CONNECTED_BY.reset(token)


class PatientQueue(Queue[Any]):
    """The connections of a pool that nobody uses; who waits for one does so no longer than the request may."""

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """See `sqlalchemy.util.queue.Queue`. Raises Empty."""
        patience = current()
        if not block:
            return super().get(block, timeout)
        limits = [timeout, None if patience is None else max(0.0, patience.left)]
        with waiting():
            return super().get(block, min((seconds for seconds in limits if seconds is not None), default=None))


class PatientPool(QueuePool):
    """A pool whose waiting is limited by the request, as that for answers is."""

    _queue_class = PatientQueue


class _Connection(psycopg.Connection[Any]):
    """Every statement, commit and rollback of it is waited for in `wait`."""

    connector: Connector | None = None

    @classmethod
    def _connect_gen(cls, conninfo: str = "") -> PQGenConn[Self]:
        # The shortest timeout that `connect` takes is two seconds, and each address of a host has it anew.
        gen, deadline = super()._connect_gen(conninfo), _CONNECTED_BY.get()
        return gen if deadline is None else _limited(gen, deadline, psycopg.errors.ConnectionTimeout(_SILENT))

    def wait(self, gen: PQGen[_T], interval: float = 0.1, *arguments: Any, **named: Any) -> _T:
        """See `psycopg.Connection`."""
        if self.connector is None or arguments or named:
            return super().wait(gen, interval, *arguments, **named)
        return self.connector.wait(self, gen, interval)

    def wait_long(self, gen: PQGen[_T], interval: float) -> _T:
        """As the class above has it."""
        return super().wait(gen, interval)


def _limited(gen: Generator[Any, Any, _T], deadline: float, error: Exception) -> Generator[Any, Any, _T]:
    """The same steps of a call, until the deadline: the caller comes back at least each interval."""
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if not ready and time.monotonic() >= deadline:
                raise error
            wanted = gen.send(ready)
    except StopIteration as end:
        answer: _T = end.value
        return answer

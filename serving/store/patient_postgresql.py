"""Connections to PostgreSQL that wait no longer than the request that they serve."""

import time
from collections.abc import Generator
from contextlib import nullcontext
from typing import Any, Final, TypeVar

import psycopg
from psycopg.abc import PQGen

from pharos.indexing.patience import Patience, Silence, current

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
        try:
            with nullcontext() if patience is None else patience.waiting():
                connection = _Connection.connect(*arguments, **named)
        except psycopg.errors.ConnectionTimeout:
            self._silence.noticed()
            raise
        self._silence.broken()
        connection.connector = self
        return connection

    def wait(self, connection: "_Connection", gen: PQGen[_T], interval: float) -> _T:
        """Wait for an answer, as long as the request has patience; then the connection is closed."""
        patience = current()
        if patience is None:
            return connection.wait_long(gen, interval)
        try:
            self._refuse_at_once(patience)
            with patience.waiting():
                answer = connection.wait_long(_limited(gen, time.monotonic() + patience.left), interval)
        except _TooLong as error:
            # What it would still answer belongs to nobody.
            connection.close()
            if error.waited:
                self._silence.noticed()
            raise
        self._silence.broken()
        return answer

    def _refuse_at_once(self, patience: Patience | None) -> None:
        if patience is not None and (patience.left <= 0 or self._silence.lasts()):
            raise _TooLong(waited=False)


class _TooLong(psycopg.OperationalError):
    """waited: whether it was tried at all."""

    def __init__(self, *, waited: bool) -> None:
        super().__init__(_SILENT)
        self.waited = waited


class _Connection(psycopg.Connection[Any]):
    """Every statement, commit and rollback of it is waited for in `wait`."""

    connector: Connector | None = None

    def wait(self, gen: PQGen[_T], interval: float = 0.1, *arguments: Any, **named: Any) -> _T:
        """See `psycopg.Connection`."""
        if self.connector is None or arguments or named:
            return super().wait(gen, interval, *arguments, **named)
        return self.connector.wait(self, gen, interval)

    def wait_long(self, gen: PQGen[_T], interval: float) -> _T:
        """As the class above has it."""
        return super().wait(gen, interval)


def _limited(gen: PQGen[_T], deadline: float) -> Generator[Any, Any, _T]:
    """The same steps of a call, until the deadline: the caller comes back at least each interval."""
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if not ready and time.monotonic() >= deadline:
                raise _TooLong(waited=True)
            wanted = gen.send(ready)
    except StopIteration as end:
        answer: _T = end.value
        return answer

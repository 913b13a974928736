"""A lock in a PostgreSQL database, which one process of all machines holds at a time."""

import os
import socket
from typing import Final, Self

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from pharos.serving.errors import StoreError

# How long the server waits before it ends the session of a machine that went without a word: 10 + 3 * 5 s.
_KEEPALIVES: Final = {"tcp_keepalives_idle": 10, "tcp_keepalives_interval": 5, "tcp_keepalives_count": 3}
_HOLDER: Final = text(
    "SELECT activity.application_name FROM pg_locks lock JOIN pg_stat_activity activity ON activity.pid = lock.pid "
    "WHERE lock.locktype = 'advisory' AND lock.granted AND lock.objsubid = 1 "
    "AND lock.database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND (lock.classid::bigint << 32) + lock.objid::bigint = :key"
)


class AdvisoryLockTaken(StoreError):
    """Another process or thread, on any machine, holds the lock. holder: its process id and machine."""

    def __init__(self, holder: str) -> None:
        super().__init__(f"the lock in the database is held by process {holder}")
        self.holder = holder


class AdvisoryLock:
    """A session's advisory lock, held from construction to `release`, or until the process or its machine dies.

    engine: of a PostgreSQL database; the lock has a connection of its own, outside of the pool. A proxy that shares
    sessions between clients (PgBouncer's transaction pooling) would break it. key: a positive number below 2**63.
    Raises AdvisoryLockTaken, StoreError.
    https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
    """

    def __init__(self, engine: Engine, key: int) -> None:
        self._key = key
        try:
            self._connection = _locked(engine, key)
        except DBAPIError as error:
            raise StoreError(f"the store cannot be used: {error.orig}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def check(self) -> None:
        """Raise StoreError if the session, and with it the lock, may have been lost."""
        try:
            self._connection.execute(text("SELECT 1"))
        except DBAPIError as error:
            raise StoreError(f"the lock in the database was lost: {error.orig}") from error

    def release(self) -> None:
        """Release the lock."""
        # The connection is no part of the pool any more: this ends the session.
        self._connection.close()


def _locked(engine: Engine, key: int) -> Connection:
    connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        if not connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}).scalar():
            raise AdvisoryLockTaken(str(connection.execute(_HOLDER, {"key": key}).scalar() or "unknown"))
        connection.detach()
        for name, value in {**_KEEPALIVES, "application_name": f"{os.getpid()} on {socket.gethostname()}"}.items():
            connection.execute(text("SELECT set_config(:name, :value, false)"), {"name": name, "value": str(value)})
    except BaseException:
        connection.close()
        raise
    return connection

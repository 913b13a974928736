"""How long a request waits for other servers in all, and when it does not even try."""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx
import numpy as np
import psycopg
import pytest
from qdrant_client.http.exceptions import ResponseHandlingException
from sqlalchemy.util.queue import Empty

from pharos.indexing.errors import IndexUnavailable
from pharos.indexing.index import TOWER, Point
from pharos.indexing.live_times import next_live_at
from pharos.indexing.patience import Silence, current, patience
from pharos.indexing.server import QdrantServer
from pharos.indexing.server_calls import Calls
from pharos.indexing.server_points import point_struct
from pharos.serving.store.patient_postgresql import Connector, PatientQueue


class Clock:
    """Seconds that pass when they are told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def slow() -> None:
    raise ResponseHandlingException(httpx.ReadTimeout("it took too long"))


def failing(calls: Calls, call: Callable[[], object] = slow) -> str:
    with pytest.raises(IndexUnavailable) as refused:
        calls(call)
    return str(refused.value)


def test_after_a_timeout_requests_do_not_ask_for_a_second_and_the_background_does() -> None:
    clock, asked = Clock(), list[int]()
    calls = Calls("there", attempts=1, retry_slow=False, silence=Silence(clock))
    with patience(60):
        assert "did not answer in time: it took too long" in failing(calls)
        assert failing(calls, lambda: asked.append(1)) == "Qdrant at there did not answer in time"
        assert not asked
        clock.now = 1.0
        calls(lambda: asked.append(2))
        failing(calls)
    calls(lambda: asked.append(3))
    with patience(60):
        calls(lambda: asked.append(4))
    assert asked == [2, 3, 4]


def test_who_has_waited_as_long_as_allowed_is_refused_and_the_next_request_is_not() -> None:
    calls, clock = Calls("there", attempts=1, retry_slow=False), Clock()
    with patience(10) as _, pytest.MonkeyPatch.context() as patch:
        patch.setattr("pharos.indexing.patience.time.monotonic", clock)
        for _ in range(2):
            calls(lambda: setattr(clock, "now", clock.now + 6))
        assert "did not answer in time" in failing(calls, lambda: None)
    with patience(10):
        calls(lambda: None)


def test_an_answer_that_was_late_itself_does_not_end_the_silence() -> None:
    silence = Silence(Clock())
    silence.noticed()
    silence.broken(3.0)
    assert silence.lasts()
    silence.broken(0.1)
    assert not silence.lasts()


def test_an_attempt_that_used_up_the_patience_is_the_last_one() -> None:
    calls, clock, asked = Calls("there", attempts=5, retry_slow=True), Clock(), list[int]()

    def unreachable() -> None:
        asked.append(1)
        clock.now += 20
        raise ResponseHandlingException(httpx.ConnectError("reset"))

    with patience(10), pytest.MonkeyPatch.context() as patch:
        patch.setattr("pharos.indexing.patience.time.monotonic", clock)
        assert "cannot be reached" in failing(calls, unreachable)
    assert len(asked) == 1


def test_a_call_that_cannot_be_hurried_is_not_begun_with_little_patience_left() -> None:
    calls = Calls("there", attempts=1, retry_slow=False, least=5.0)
    with patience(4):
        assert "did not answer in time" in failing(calls, lambda: None)
    with patience(6):
        calls(lambda: None)


@contextmanager
def swallowing() -> Iterator[int]:
    """The port of a host that takes whatever is said and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as listener:
        yield int(listener.getsockname()[1])


def waited(call: Callable[[], object]) -> float:
    """Seconds until it gave up, by the clock; a hang would be ten times what is allowed."""
    started = time.monotonic()
    with pytest.raises((IndexUnavailable, psycopg.OperationalError)):
        call()
    return time.monotonic() - started


def test_a_search_and_a_write_to_a_silent_qdrant_wait_as_long_as_the_request_may() -> None:
    point = Point("a", {TOWER: np.ones(2, np.float32)}, {})
    with swallowing() as port:
        index = QdrantServer(f"http://127.0.0.1:{port}", grpc_port=port, timeout=60, write_timeout=60)
        for call in (lambda: index.count("items"), lambda: index._upsert_batch("items", [point_struct(point)])):
            index._read_call.silence._since = None
            with patience(1.5):
                assert waited(call) < 10
        index.close()


def test_a_connection_to_a_silent_postgresql_is_given_up_when_the_request_may_wait_no_longer() -> None:
    with swallowing() as port, patience(0.2):
        address = f"host=127.0.0.1,127.0.0.1 port={port},{port} user=u dbname=d connect_timeout=60"
        assert waited(lambda: Connector().connect(address)) < 10


def test_who_waits_for_a_connection_of_the_pool_does_so_no_longer_than_the_request_may() -> None:
    queue = PatientQueue(1)
    with patience(0.1), pytest.raises(Empty):
        queue.get(True, 60)


def test_threads_that_work_for_a_request_share_its_patience() -> None:
    async def request() -> bool:
        with patience(10):
            mine = current()
            return mine is not None and await asyncio.to_thread(current) is mine

    assert asyncio.run(request())
    assert current() is None


def test_what_comes_to_be_live_is_later_than_all_before_it_whatever_the_clock_says() -> None:
    ahead = datetime.now(UTC) + timedelta(days=1)
    assert next_live_at([None, ahead]) > ahead
    assert next_live_at([None]) <= datetime.now(UTC)

"""How long a request waits for other servers in all, and when it does not even try."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from qdrant_client.http.exceptions import ResponseHandlingException

from pharos.indexing.errors import IndexUnavailable
from pharos.indexing.live_times import next_live_at
from pharos.indexing.patience import Silence, current, patience
from pharos.indexing.server_calls import Calls


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

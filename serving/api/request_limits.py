"""Rate limits and concurrency limits for each API key or address."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Connection

from pharos.serving.api.access import key_of
from pharos.serving.api.problems import problem_response
from pharos.serving.operations.keys import hash_of
from pharos.serving.settings import Settings

_UNLIMITED: Final = ("/healthz", "/readyz")
_MOST_CALLERS: Final = 10_000


@dataclass
class _Caller:
    """tokens: in the bucket at the time `filled`. running: requests in progress."""

    tokens: float
    filled: float
    running: int = 0


class RequestLimits:
    """A token bucket and a count of running requests for each API key, or address without a key.

    Runs after the check of keys, so that invalid keys have no bucket. Each worker counts by itself. Of the idle
    callers the last 10,000 are remembered. clock: in seconds.
    """

    def __init__(self, app: ASGIApp, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._rate = settings.requests_per_second
        self._burst = settings.request_burst
        self._concurrent = settings.concurrent_requests
        self._has_keys = bool(settings.api_keys) or settings.keys_file is not None
        self._clock = clock
        self._callers: OrderedDict[str, _Caller] = OrderedDict()

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        """Handle one ASGI request. All requests run in one thread, so no lock is needed."""
        if scope["type"] != "http" or scope["path"] in _UNLIMITED or not (self._rate or self._concurrent):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        caller = self._caller(request)
        wait = self._wait(caller)
        if wait is not None:
            await _refusal(request, wait)(scope, receive, send)
            return
        caller.running += 1
        try:
            await self._app(scope, receive, send)
        finally:
            caller.running -= 1

    def _caller(self, request: Request) -> _Caller:
        key = key_of(request) if self._has_keys else b""
        name = hash_of(key) if key else (request.client.host if request.client else "")
        caller = self._callers.setdefault(name, _Caller(float(self._burst), self._clock()))
        self._callers.move_to_end(name)
        while len(self._callers) > _MOST_CALLERS:
            resting = next((known for known, other in self._callers.items() if not other.running), None)
            if resting is None:
                break
            del self._callers[resting]
        return caller

    def _wait(self, caller: _Caller) -> float | None:
        """Seconds until the caller may send another request; None for none."""
        if self._concurrent and caller.running >= self._concurrent:
            return 1.0
        if not self._rate:
            return None
        now = self._clock()
        caller.tokens = min(self._burst, caller.tokens + (now - caller.filled) * self._rate)
        caller.filled = now
        if caller.tokens < 1:
            return (1 - caller.tokens) / self._rate
        caller.tokens -= 1
        return None


def _refusal(request: Request, wait: float) -> ASGIApp:
    seconds = max(1, math.ceil(wait))
    detail = f"too many requests of this key or address; ask again in {seconds} seconds"
    headers = {"Retry-After": str(seconds)}
    return problem_response(request, HTTPStatus.TOO_MANY_REQUESTS, detail, kind="too-many-requests", headers=headers)

"""Middleware: a request id, a log line and metrics for every request."""

import logging
import re
import secrets
import time
from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pharos.serving.api.access import template_of
from pharos.serving.operations.logs import REQUEST_ID
from pharos.serving.operations.metrics import Metrics

HEADER: Final = "X-Request-ID"
_SANE_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,128}")
# No other method that a client sends may create a time series.
_METHODS: Final = frozenset(("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"))
_OTHER: Final = "other"

logger = logging.getLogger(__name__)


class Observe:
    """Gives each request an id for its response and its log lines, and counts and times it.

    Neither the log nor the metrics hold paths or query strings, which name people and what they look for: they name
    the route.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = Headers(scope=scope).get(HEADER, "")
        if not _SANE_ID.fullmatch(request_id):
            request_id = secrets.token_hex(16)
        # Never reset: each request has its own context, and an error is answered after this has returned.
        REQUEST_ID.set(request_id)
        status = int(HTTPStatus.INTERNAL_SERVER_ERROR)

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            self._note(scope, status, time.perf_counter() - started)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        path = (scope.get("raw_path") or scope["path"].encode()).decode("ascii", "replace")
        route = template_of(path) or _OTHER
        method = scope["method"] if scope["method"] in _METHODS else _OTHER
        self._metrics.answered_request(method, route, status, seconds)
        milliseconds = round(seconds * 1000, 1)
        fields = {"method": method, "route": route, "status": status, "ms": milliseconds}
        logger.info("%s %s %d %.1f ms", method, route, status, milliseconds, extra={"fields": fields})

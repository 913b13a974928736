"""Middleware: how long a request waits for a Qdrant server and PostgreSQL."""

from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from pharos.indexing.patience import patience

# What asks for much at once may wait for it; who asks for it is no visitor.
_LONG: Final = ("/v1/items:batch", "/v1/reindex", "/v1/rollback", "/v1/consistency", "/v1/map", "/metrics")


class Waiting:
    """Gives each request the same patience, whatever it asks for."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        """seconds: in all; 0 for no limit."""
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, as ASGI has it. Threads that work for it get a copy of its context."""
        if scope["type"] != "http" or not self._seconds or scope["path"] in _LONG:
            await self._app(scope, receive, send)
            return
        with patience(self._seconds):
            await self._app(scope, receive, send)

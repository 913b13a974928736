"""The limit on the size of a request's body."""

from http import HTTPStatus
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.api.problems import problem_response
from serving.api.validation import FieldError

_TOO_LARGE: Final = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class BodyLimit:
    """Refuses a body of more than `max_bytes`: at once where its length is declared, else when it is reached."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, as ASGI has it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"")
        if declared.isdigit() and int(declared) > self._max_bytes:
            allowed = f"at most {self._max_bytes} bytes"
            entry = FieldError(field="body", value=f"{int(declared)} bytes", allowed=allowed)
            detail = f"the body has {int(declared)} bytes; allowed: {allowed}"
            await problem_response(Request(scope), _TOO_LARGE, detail, errors=[entry])(scope, receive, send)
            return
        read = 0

        async def counted_receive() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._max_bytes:
                raise HTTPException(_TOO_LARGE, f"the body is too large; allowed: at most {self._max_bytes} bytes")
            return message

        await self._app(scope, counted_receive, send)

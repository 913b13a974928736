"""The limit on the size of a request body."""

from http import HTTPStatus
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pharos.serving.api.problems import problem_response
from pharos.serving.api.validation import FieldError

_TOO_LARGE: Final = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class BodyTooLarge(HTTPException):
    """Raised while a body is read. An HTTPException, because FastAPI takes any other for a body that is no JSON."""

    def __init__(self, size: str, max_bytes: int) -> None:
        self.entry = FieldError(field="body", value=size, allowed=f"at most {max_bytes} bytes")
        super().__init__(_TOO_LARGE, f"the body has {size}; allowed: {self.entry.allowed}")


async def refuse(request: Request, error: Exception) -> Response:
    """The problem document for a body that is too large."""
    assert isinstance(error, BodyTooLarge)  # the type that it is registered for
    return problem_response(request, _TOO_LARGE, error.detail, errors=[error.entry])


class BodyLimit:
    """Rejects a body of more than `max_bytes`: at once if its length is declared, otherwise while it is read."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"")
        if declared.isdigit() and int(declared) > self._max_bytes:
            error = BodyTooLarge(f"{int(declared)} bytes", self._max_bytes)
            await (await refuse(Request(scope), error))(scope, receive, send)
            return
        read = 0

        async def counted_receive() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._max_bytes:
                raise BodyTooLarge(f"more than {self._max_bytes} bytes", self._max_bytes)
            return message

        await self._app(scope, counted_receive, send)

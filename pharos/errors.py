"""Errors of the Python API: each message says what is wrong, where, and what is allowed."""

from pharos.ingest.errors import PharosError


class RequestError(PharosError, ValueError):
    """An invalid argument of a model or client; the message names it and what is allowed."""


class ServerError(PharosError):
    """A server refused a request, or did not answer.

    status: of the answer, 0 where there is none. problem: the problem document (RFC 9457) that came with it, or empty.
    """

    def __init__(self, message: str, status: int = 0, problem: dict[str, object] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.problem = problem or {}

"""Calls to a Qdrant server: retries, and the translation of its errors into ours."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final, TypeVar

import grpc  # type: ignore[import-untyped]
import httpx
from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.exceptions import TimeoutError as Timeout

from pharos.indexing.errors import (
    CollectionExists,
    IndexUnavailable,
    RequestRejected,
    UnknownCollection,
    VectorIndexError,
)
from pharos.indexing.patience import Patience, Silence, current, waiting
from pharos.indexing.server_nodes import Nodes

T = TypeVar("T")

_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 2.0
_ATTEMPTS_IN_REQUESTS: Final = 2


class _Failure(Enum):
    UNREACHABLE = auto()
    SLOW = auto()
    BROKEN = auto()
    FORBIDDEN = auto()
    UNKNOWN_COLLECTION = auto()
    EXISTS = auto()
    REJECTED = auto()


_OF_THE_NODE: Final = frozenset({_Failure.UNREACHABLE, _Failure.SLOW, _Failure.BROKEN})
_BY_GRPC_CODE: Final = {
    grpc.StatusCode.UNAVAILABLE: _Failure.UNREACHABLE,
    grpc.StatusCode.RESOURCE_EXHAUSTED: _Failure.UNREACHABLE,
    grpc.StatusCode.ABORTED: _Failure.UNREACHABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED: _Failure.SLOW,
    grpc.StatusCode.UNAUTHENTICATED: _Failure.FORBIDDEN,
    grpc.StatusCode.PERMISSION_DENIED: _Failure.FORBIDDEN,
    grpc.StatusCode.NOT_FOUND: _Failure.UNKNOWN_COLLECTION,
    grpc.StatusCode.ALREADY_EXISTS: _Failure.EXISTS,
    grpc.StatusCode.INVALID_ARGUMENT: _Failure.REJECTED,
}
_BY_HTTP_STATUS: Final = {
    400: _Failure.REJECTED,
    401: _Failure.FORBIDDEN,
    403: _Failure.FORBIDDEN,
    404: _Failure.UNKNOWN_COLLECTION,
    409: _Failure.EXISTS,
    422: _Failure.REJECTED,
    429: _Failure.UNREACHABLE,
    502: _Failure.UNREACHABLE,
    503: _Failure.UNREACHABLE,
    504: _Failure.SLOW,
}


@dataclass(frozen=True)
class Calls:
    """The retry policy for calls to a server.

    server: its address, for messages. attempts: at most so many. retry_slow: whether a call that ran into its timeout
    is worth another attempt. silence: one for all calls to that server. nodes: where there are several, a call that
    one fails to answer goes to the others, too. least: seconds that a request must have left for a call to be tried,
    where the call cannot be told to wait less. What answers a request waits as its patience allows, without many
    attempts. All calls of the vector index may be repeated without harm.
    """

    server: str
    attempts: int
    retry_slow: bool
    silence: Silence = field(default_factory=Silence)
    nodes: Nodes | None = None
    least: float = 0.0

    def __call__(self, call: Callable[[], T], collection: str = "") -> T:
        """Call with retries and return the result. Raises VectorIndexError about `collection`."""
        patience = current()
        if patience is None:
            return self._called(call, collection, self.attempts, self.retry_slow, None)
        if not self._allowed(patience) or self.silence.lasts():
            raise IndexUnavailable(f"Qdrant at {self.server} did not answer in time")
        return self._called(call, collection, min(self.attempts, _ATTEMPTS_IN_REQUESTS), False, patience)

    def _allowed(self, patience: Patience | None) -> bool:
        return patience is None or patience.left > max(0.0, self.least)

    def _called(
        self, call: Callable[[], T], collection: str, attempts: int, retry_slow: bool, patience: Patience | None
    ) -> T:
        pause, attempts_left, others = _FIRST_PAUSE, attempts, len(self.nodes or [0]) - 1
        while True:
            node = self.nodes.current if self.nodes else None
            started = time.monotonic()
            try:
                with waiting():
                    answer = call()
                    # Before the turn comes again, for which the server is not to blame.
                    self.silence.broken(time.monotonic() - started)
                return answer
            except (
                grpc.RpcError,
                UnexpectedResponse,
                ResponseHandlingException,
                ResourceExhaustedResponse,
                HTTPError,
            ) as error:
                failure = _failure(error)
                if failure in _OF_THE_NODE and self.nodes and node:
                    self.nodes.failed(node)
                    if others and self._allowed(patience):
                        others -= 1
                        continue
                attempts_left -= 1
                again = failure is _Failure.UNREACHABLE or (failure is _Failure.SLOW and retry_slow)
                if failure is _Failure.SLOW:
                    self.silence.noticed()
                if not (again and attempts_left and self._allowed(patience)):
                    raise self._translated(failure, error, collection) from error
            # Many clients that lost a server together should not all come back together.
            with waiting():
                time.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _translated(self, failure: _Failure, error: Exception, collection: str) -> VectorIndexError:
        detail = _detail(error)
        match failure:
            case _Failure.UNKNOWN_COLLECTION:
                return UnknownCollection(collection)
            case _Failure.EXISTS:
                return CollectionExists(collection)
            case _Failure.REJECTED:
                return RequestRejected(f"Qdrant at {self.server} refuses: {detail}")
            case _Failure.FORBIDDEN:
                return IndexUnavailable(f"Qdrant at {self.server} does not accept the API key: {detail}")
            case _Failure.SLOW:
                return IndexUnavailable(f"Qdrant at {self.server} did not answer in time: {detail}")
            case _Failure.UNREACHABLE:
                return IndexUnavailable(f"Qdrant at {self.server} cannot be reached: {detail}")
            case _Failure.BROKEN:
                return IndexUnavailable(f"Qdrant at {self.server} failed: {detail}")


def _failure(error: Exception) -> _Failure:
    if isinstance(error, grpc.RpcError):
        return _BY_GRPC_CODE.get(error.code(), _Failure.BROKEN)
    if isinstance(error, UnexpectedResponse):
        return _BY_HTTP_STATUS.get(error.status_code or 0, _Failure.BROKEN)
    if isinstance(error, ResponseHandlingException):
        if isinstance(error.source, httpx.TimeoutException):
            return _Failure.SLOW
        return _Failure.UNREACHABLE if isinstance(error.source, httpx.TransportError) else _Failure.BROKEN
    # A refused connection is a timeout too, by its class.
    slow = isinstance(error, Timeout) and not isinstance(error, NewConnectionError)
    return _Failure.SLOW if slow else _Failure.UNREACHABLE


def _detail(error: Exception) -> str:
    if isinstance(error, grpc.RpcError):
        return str(error.details())
    if isinstance(error, UnexpectedResponse):
        return error.content.decode("utf-8", "replace")[:300]
    return str(error)

"""JSON over HTTP to a Qdrant server: what is asked for at every request goes past Qdrant's client.

Its models for each of a thousand hits take longer to make than a search takes, and its HTTP client takes half a
millisecond of every call.
"""

import ssl
from typing import Any, Final
from urllib.parse import quote, urlsplit

import httpx
import urllib3
from pydantic_core import from_json, to_json
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from pharos.indexing.patience import current

HTTP_PORT: Final = 6333
_SHORTEST: Final = 0.01
# As many as may work on requests at a time.
_CONNECTIONS: Final = 64
# To compress an answer and back takes longer than to send it as it is.
_HEADERS: Final = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
_GOOD: Final = 200


class JsonConnection:
    """Kept connections to one node. Thread-safe.

    url: of the node, with port 6333 by default. api_key: if the server wants one. verify: certificates to trust;
    None for those of the system. timeout: seconds for one call; what answers a request waits `request_timeout` at
    most, and never longer than its patience.
    """

    def __init__(
        self, url: str, api_key: str | None, verify: ssl.SSLContext | None, timeout: float, request_timeout: float
    ) -> None:
        parts = urlsplit(url)
        self._prefix = parts.path.rstrip("/")
        self._timeout, self._request_timeout = timeout, request_timeout
        key = {} if api_key is None else {"api-key": api_key}
        secured: dict[str, Any] = {"ssl_context": verify} if parts.scheme == "https" and verify else {}
        self._pool = urllib3.connection_from_url(
            f"{parts.scheme}://{_host(parts.hostname or '')}:{parts.port or HTTP_PORT}",
            maxsize=_CONNECTIONS,
            headers={**_HEADERS, **key},
            retries=False,
            **secured,
        )

    def post(self, collection: str, path: str, body: dict[str, Any]) -> Any:
        """What the server answers about a collection.

        Raises UnexpectedResponse for any other status than 200, ResponseHandlingException for an answer that is no
        JSON, and urllib3.exceptions.HTTPError where there is none.
        """
        answer = self._pool.request(
            "POST",
            f"{self._prefix}/collections/{quote(collection, safe='')}{path}",
            body=to_json(body),
            timeout=self._seconds(),
        )
        if answer.status != _GOOD:
            raise UnexpectedResponse(answer.status, answer.reason or "", answer.data, httpx.Headers(answer.headers))
        try:
            return from_json(answer.data)["result"]
        except (ValueError, KeyError, TypeError) as error:
            raise ResponseHandlingException(error) from error

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()

    def _seconds(self) -> urllib3.Timeout:
        seconds = waiting_time(self._request_timeout)
        if seconds is None:
            return urllib3.Timeout(connect=self._timeout, read=self._timeout)
        return urllib3.Timeout(connect=seconds / 2, read=seconds)


def waiting_time(at_most: float) -> float | None:
    """How many seconds a call may take that answers a request; None where no request waits."""
    patience = current()
    return None if patience is None else max(_SHORTEST, min(at_most, patience.left))


def _host(name: str) -> str:
    return f"[{name}]" if ":" in name else name

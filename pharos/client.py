"""A client of the HTTP API with the methods and tables of a model in memory; it uses the standard library alone."""

import http.client
import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode, urlsplit

from pharos.errors import RequestError, ServerError

if TYPE_CHECKING:
    import pandas as pd

_LARGEST_ANSWER: Final = 256 * 1024 * 1024
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 2.0
_LIST_COLUMNS: Final = ("rank", "item_id", "title", "score", "source")


class Client:
    """A client of a `pharos serve` server. Thread-safe: each call has its own connection.

    Every method raises ServerError, whose message says what the server refused and what is allowed, or why it could
    not be reached.
    """

    def __init__(self, url: str, key: str | None = None, *, timeout: float = 30.0) -> None:
        """url: as in http://127.0.0.1:8000. key: an API key. timeout: seconds to wait for an answer to begin."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise RequestError(f"url: {url!r}; allowed is an address such as http://127.0.0.1:8000")
        if key is not None and (not key.isascii() or not key.isprintable()):
            raise RequestError("key: an API key has printable ASCII characters only")
        self._connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._host, self._port, self._root = parts.hostname, parts.port, parts.path.rstrip("/")
        self._headers = {"Accept": "application/json", **({"Authorization": f"Bearer {key}"} if key else {})}
        self._timeout = timeout
        self.items = Items(self)
        self.users = Users(self)

    def recommend(
        self,
        users: str | Iterable[str] | None = None,
        *,
        history: Sequence[str | Mapping[str, object]] | None = None,
        user_features: Mapping[str, object] | None = None,
        k: int = 10,
        filter: str | Sequence[str] | Mapping[str, object] | None = None,
        diversity: float | None = None,
        exclude: Iterable[str] = (),
        only: Iterable[str] | None = None,
    ) -> "pd.DataFrame":
        """As `Recommender.recommend`: user_id, rank, item_id, title, score, source; up to k rows for each user.

        filter: as there. only: with a history. diversity: None for what the server's settings say.
        """
        if (users is None) == (history is None):
            raise RequestError("give either users, or a history")
        if history is not None:
            body = {
                "history": _history(history),
                "user_features": dict(user_features or {}),
                "k": k,
                "filter": _conditions(filter),
                "exclude": list(exclude),
                "diversity": diversity,
                **({} if only is None else {"only": list(only)}),
            }
            return _lists([(None, self.request("POST", "/v1/recommendations", body))])
        if only is not None or user_features is not None:
            raise RequestError("only, user_features: allowed with a history")
        query = [*_selection(k, filter, exclude), *([] if diversity is None else [("diversity", diversity)])]
        ids = [users] if isinstance(users, str) else list(users or ())
        paths = [f"/v1/users/{_part(user)}/recommendations" for user in ids]
        return _lists([(user, self.request("GET", path, query=query)) for user, path in zip(ids, paths, strict=True)])

    def similar(
        self, item: str, *, method: str = "blend", k: int = 10, filter: Any = None, exclude: Iterable[str] = ()
    ) -> "pd.DataFrame":
        """As `Recommender.similar`: rank, item_id, title, score, source."""
        query = [("method", method), *_selection(k, filter, exclude)]
        return _list(self.request("GET", f"/v1/items/{_part(item)}/similar", query=query))

    def search(self, text: str, *, k: int = 10, filter: Any = None, exclude: Iterable[str] = ()) -> "pd.DataFrame":
        """As `Recommender.search`: rank, item_id, title, score, source."""
        return _list(self.request("GET", "/v1/search", query=[("q", text), *_selection(k, filter, exclude)]))

    def score(
        self,
        user: str | None = None,
        items: Iterable[str] = (),
        *,
        history: Sequence[str | Mapping[str, object]] | None = None,
        user_features: Mapping[str, object] | None = None,
    ) -> "pd.DataFrame":
        """As `Recommender.score`: item_id, score, predicted_rating."""
        import pandas as pd

        if (user is None) == (history is None):
            raise RequestError("give either a user, or a history")
        person: dict[str, Any] = {"user_id": user} if history is None else {"history": _history(history)}
        if user_features:
            person["user_features"] = dict(user_features)
        answer = self.request("POST", "/v1/score", {**person, "item_ids": list(items)})
        frame = pd.DataFrame(answer["items"], columns=["item_id", "score", "predicted_rating"])
        return frame.astype({"predicted_rating": "float64"})

    def explain(
        self,
        user: str | None = None,
        item: str = "",
        *,
        history: Sequence[str | Mapping[str, object]] | None = None,
    ) -> "pd.DataFrame":
        """The past items that contribute most to an item, as `Recommender.explain`: item_id, title, share, shared.

        A server explains what it would recommend: the table is empty for an item that the person has already.
        """
        import pandas as pd

        if (user is None) == (history is None):
            raise RequestError("give either a user, or a history")
        if history is None:
            query = [("k", 1), ("filter", json.dumps({"item_id": item})), ("explain", "true")]
            answer = self.request("GET", f"/v1/users/{_part(str(user))}/recommendations", query=query)
        else:
            body = {"history": _history(history), "k": 1, "only": [item], "explain": True}
            answer = self.request("POST", "/v1/recommendations", body)
        found = answer["items"][0] if answer["items"] else {"because": []}
        frame = pd.DataFrame(found["because"], columns=["item_id", "title", "share", "shared"])
        frame.attrs = {"item_id": item, "score": found.get("score"), "source": found.get("source")}
        return frame

    def events(self, events: Sequence[Mapping[str, object]]) -> dict[str, int]:
        """Send events: dicts of user_id, item_id, type, and optionally value and timestamp (unix seconds).

        Returns how many were added and how many were known already.
        """
        return dict(self.request("POST", "/v1/events", [dict(event) for event in events]))

    def all_events(self) -> Iterator[dict[str, Any]]:
        """Every stored event, page by page: dicts of event_id, user_id, item_id, type, value, timestamp."""
        return self.scroll("/v1/events", "events")

    def reindex(self, bundle: str | None = None, *, wait: bool = False, timeout: float = 3600.0) -> dict[str, Any]:
        """Start a re-index with a bundle, the newest by default; returns the job.

        wait: whether to return only when it has ended. Raises ServerError where it failed, or is not done within
        `timeout` seconds.
        """
        job = self.request("POST", "/v1/reindex", {"bundle": bundle})
        until, pause = time.monotonic() + timeout, _FIRST_WAIT
        while wait and job["finished_at"] is None:
            if time.monotonic() >= until:
                raise ServerError(f"job {job['id']} is not done after {timeout:g} s; it is {job['phase']}")
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_WAIT)
            job = self.request("GET", f"/v1/jobs/{_part(job['id'])}")
        if wait and job["error"]:
            raise ServerError(f"job {job['id']} failed: {job['error']}")
        return dict(job)

    def scroll(self, path: str, rows: str, query: Sequence[tuple[str, object]] = ()) -> Iterator[dict[str, Any]]:
        """Iterate over the rows of a paginated list, each once. rows: their name in a page."""
        cursor: str | None = None
        while True:
            page = self.request("GET", path, query=[*query, *([] if cursor is None else [("cursor", cursor)])])
            yield from page[rows]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def request(self, method: str, path: str, body: object = None, query: Sequence[tuple[str, object]] = ()) -> Any:
        """Send any request of the API, with JSON values in and out. path: with its parts percent-encoded."""
        target = f"{self._root}{path}{'?' + urlencode([(name, str(value)) for name, value in query]) if query else ''}"
        content = None if body is None else json.dumps(body, allow_nan=False).encode()
        headers = self._headers | ({"Content-Type": "application/json"} if content else {})
        connection = self._connect(self._host, self._port, timeout=self._timeout)
        try:
            connection.request(method, target, content, headers)
            response = connection.getresponse()
            answer = response.read(_LARGEST_ANSWER + 1)
        except (OSError, http.client.HTTPException) as error:
            where = f"{self._host}:{connection.port}"
            raise ServerError(f"no answer from {where}: {str(error) or type(error).__name__}") from error
        finally:
            connection.close()
        if len(answer) > _LARGEST_ANSWER:
            raise ServerError(f"{method} {path}: the answer is larger than {_LARGEST_ANSWER:,} bytes", response.status)
        return _read(method, path, response.status, answer)


class Items:
    """The items of a server's catalogue."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def put(
        self,
        item_id: str,
        title: str,
        features: Mapping[str, object] | None = None,
        *,
        available: bool = True,
        available_from: int | None = None,
        available_until: int | None = None,
    ) -> dict[str, Any]:
        """Create or replace an item; when this returns, it can be recommended and found.

        available_from, available_until: unix seconds, between which it is shown; None for no bound.
        """
        body: dict[str, object] = {"title": title, "features": dict(features or {}), "available": available}
        times = {"available_from": available_from, "available_until": available_until}
        body.update({name: time for name, time in times.items() if time is not None})
        return dict(self._client.request("PUT", f"/v1/items/{_part(item_id)}", body))

    def get(self, item_id: str) -> dict[str, Any]:
        """One item; ServerError with status 404 if there is none."""
        return dict(self._client.request("GET", f"/v1/items/{_part(item_id)}"))

    def all(self, *, filter: str | Sequence[str] | Mapping[str, object] | None = None) -> Iterator[dict[str, Any]]:
        """Every item that passes the filter, page by page, by id; hidden ones are included."""
        return self._client.scroll("/v1/items", "items", _filters(filter))

    def delete(self, item_id: str) -> dict[str, Any]:
        """Delete an item; its events are kept."""
        return dict(self._client.request("DELETE", f"/v1/items/{_part(item_id)}"))


class Users:
    """The users of a server, and their events."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def all(self) -> Iterator[dict[str, Any]]:
        """Every user, page by page: dicts of user_id, features, events (how many) and ignored."""
        return self._client.scroll("/v1/users", "users")

    def events(self, user_id: str) -> Iterator[dict[str, Any]]:
        """The events of a user, page by page, oldest first."""
        return self._client.scroll(f"/v1/users/{_part(user_id)}/events", "events")

    def delete_event(self, user_id: str, event_id: str) -> None:
        """Delete one event of a user, by its event_id; ServerError with status 404 if there is none."""
        self._client.request("DELETE", f"/v1/users/{_part(user_id)}/events/{_part(event_id)}")

    def export(self, user_id: str) -> dict[str, Any]:
        """All stored data of a user: features, events, ignored."""
        return dict(self._client.request("GET", f"/v1/users/{_part(user_id)}/export"))

    def merge(self, user_id: str, into: str) -> dict[str, Any]:
        """Move all data of a user, such as a visitor before login, to another user, and delete the first."""
        return dict(self._client.request("POST", f"/v1/users/{_part(user_id)}/merge", {"into": into}))


def _read(method: str, path: str, status: int, answer: bytes) -> Any:
    try:
        document = json.loads(answer) if answer else None
    except ValueError:
        document = None
        if status < 400:
            raise ServerError(f"{method} {path}: the answer is no JSON; is this a Pharos server?", status) from None
    if 200 <= status < 300:
        return document
    problem = document if isinstance(document, dict) else {}
    detail = problem.get("detail") or http.client.responses.get(status, "an error")
    raise ServerError(f"{method} {path}: {status}: {detail}", status, problem)


def _part(text: str) -> str:
    return quote(text, safe="")


def _history(history: Sequence[str | Mapping[str, object]]) -> list[dict[str, object]]:
    return [{"item_id": event} if isinstance(event, str) else dict(event) for event in history]


def _selection(k: int, filter: object, exclude: Iterable[str]) -> list[tuple[str, object]]:
    return [("k", k), *_filters(filter), *(("exclude", item) for item in exclude)]


def _filters(filter: object) -> list[tuple[str, object]]:
    given = [filter] if isinstance(filter, str | Mapping) else list(filter or ())  # type: ignore[call-overload]
    return [("filter", json.dumps(part) if isinstance(part, Mapping) else part) for part in given]


def _conditions(filter: str | Sequence[str] | Mapping[str, object] | None) -> dict[str, Any]:
    """A filter for a request body; expressions become conditions by field."""
    if not filter:
        return {}
    if isinstance(filter, Mapping):
        return dict(filter)
    from pharos.indexing.filters import json_conditions, parse_expressions

    return json_conditions(parse_expressions([filter] if isinstance(filter, str) else filter))


def _lists(answers: Sequence[tuple[str | None, Mapping[str, Any]]]) -> "pd.DataFrame":
    import pandas as pd

    rows = [(user, *(item[name] for name in _LIST_COLUMNS)) for user, answer in answers for item in answer["items"]]
    return pd.DataFrame(rows, columns=["user_id", *_LIST_COLUMNS])


def _list(answer: Mapping[str, Any]) -> "pd.DataFrame":
    return _lists([(None, answer)]).drop(columns="user_id")

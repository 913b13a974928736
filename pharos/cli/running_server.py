"""Sends requests to the running server that has the embedded index open, which a command cannot open too."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Final
from urllib.parse import quote

from pharos.classics.trending import ChartOrder
from pharos.client import Client
from pharos.errors import ServerError
from pharos.indexing.filters import Filter, json_conditions
from pharos.indexing.folder_lock import FolderLocked
from pharos.serving.errors import Conflict, UnknownItem
from pharos.serving.operations.running import address_of
from pharos.serving.parts import open_store
from pharos.serving.pipeline import Answer, AnswerItem, Person, Pipeline, Selection, SimilarMethod, Source
from pharos.serving.pipeline.answers import Reason
from pharos.serving.pipeline.trace import Outcome, StageTrace, Trace
from pharos.serving.service import open_service
from pharos.serving.settings import Settings
from pharos.serving.store import ItemRecord, Store
from pharos.towers.progress import Progress

_KEY_WANTED: Final = (401, 403)
_POLL_SECONDS: Final = 0.5
_LONGEST_COMPARISON: Final = 3600.0


@contextmanager
def answering(settings: Settings) -> Iterator[tuple["Pipeline | RunningServer", Store]]:
    """A context with a pipeline and the store: of this process, or of a server that has the index open.

    Raises Conflict where another process has the index open that is no server, and what the parts raise.
    """
    with ExitStack() as stack:
        try:
            service = stack.enter_context(open_service(settings))
        except FolderLocked as locked:
            server = find_server(settings, locked)
        else:
            yield service.pipeline, service.store
            return
        store = stack.enter_context(open_store(settings))
        yield RunningServer(server, store), store


def find_server(settings: Settings, locked: FolderLocked, timeout: float = 30.0) -> "Server":
    """The server that has the index open. timeout: seconds to wait for an answer to begin.

    Raises Conflict if the process that has it open is no server.
    """
    url = address_of(settings.index_dir, locked.process)
    if url is None:
        raise Conflict(
            f"process {locked.process} has the index in {settings.index_dir} open, and is no server that listens: "
            "try again when it has ended, or has started"
        )
    return Server(url, settings.api_key.get_secret_value() if settings.api_key else None, timeout)


class Server:
    """A running server, with an API key of the settings."""

    def __init__(self, url: str, key: str | None, timeout: float = 30.0) -> None:
        self.url = url
        self._client = Client(url, key, timeout=timeout)

    def request(self, method: str, path: str, body: object = None, query: Sequence[tuple[str, object]] = ()) -> Any:
        """As `Client.request`. Raises ServerError, which names the setting of the missing key."""
        try:
            return self._client.request(method, path, body, query)
        except ServerError as error:
            if error.status not in _KEY_WANTED:
                raise
            detail = error.problem.get("detail", error)
            message = f"the server at {self.url}: {detail}; commands take the key from PHAROS_API_KEY or api_key"
            raise ServerError(message, error.status, error.problem) from error


class RunningServer:
    """The methods of `Pipeline`, answered by a server."""

    def __init__(self, server: Server, store: Store) -> None:
        self._server = server
        self._store = store

    def recommend(self, person: Person, selection: Selection) -> Answer:
        """See `Pipeline.recommend`."""
        if person.user_id is not None:
            query = [*_query(selection), ("diversity", selection.diversity)]
            return self._list(f"/v1/users/{_part(person.user_id)}/recommendations", query)
        return _answer(self._server.request("POST", "/v1/recommendations", _body(person, selection)))

    def similar(self, item_id: str, selection: Selection, method: SimilarMethod = SimilarMethod.BLEND) -> Answer:
        """See `Pipeline.similar`."""
        return self._list(f"/v1/items/{_part(item_id)}/similar", [*_query(selection), ("method", method.value)])

    def search(self, text: str, selection: Selection) -> Answer:
        """See `Pipeline.search`."""
        return self._list("/v1/search", [("q", text), *_query(selection)])

    def popular(self, selection: Selection, order: ChartOrder | None = None, since: str | None = None) -> Answer:
        """See `Pipeline.popular`."""
        chart: list[tuple[str, object]] = [("order", order.value)] if order else []
        chart += [("since", since)] if since else []
        return self._list("/v1/popular", [*_query(selection), *chart])

    def trace(self, person: Person, item_id: str, selection: Selection) -> Trace:
        """See `Pipeline.trace`."""
        body = {**_body(person, selection), "item_id": item_id, "user_id": person.user_id}
        told = self._server.request("POST", "/v1/explain", body)
        return Trace(
            item_id=told["item_id"],
            title=told["title"],
            stages=tuple(StageTrace(one["stage"], Outcome(one["outcome"]), one["detail"]) for one in told["stages"]),
            fell_at=told["fell_at"],
            listed=None if told["rank"] is None else _item(told),
            k=selection.k,
            bundle=told["bundle"],
            collection=told["collection"],
            variant=told["variant"],
        )

    def item(self, item_id: str) -> ItemRecord:
        """See `Pipeline.item`."""
        record = self._store.item(item_id)
        if record is None:
            raise UnknownItem(item_id)
        return record

    def _list(self, path: str, query: list[tuple[str, object]]) -> Answer:
        return _answer(self._server.request("GET", path, query=query))


def reindex(server: Server, bundle: str | None, variant: str | None, progress: Progress) -> Mapping[str, Any]:
    """Start a re-index on a server and wait; returns the job as the API has it. Raises ServerError if it failed."""
    job = server.request("POST", "/v1/reindex", {"bundle": bundle, "variant": variant})
    with progress.task(f"Indexing by the server at {server.url}", job["total"] or None) as task:
        shown = 0
        while job["finished_at"] is None:
            time.sleep(_POLL_SECONDS)
            job = server.request("GET", f"/v1/jobs/{_part(job['id'])}")
            task.note(job["phase"])
            task.advance(max(0, job["done"] - shown))
            shown = max(shown, job["done"])
    if job["error"]:
        raise ServerError(f"job {job['id']} of the server at {server.url} failed: {job['error']}")
    return dict(job)


def status(settings: Settings, locked: FolderLocked) -> tuple[str, Mapping[str, Any]]:
    """The address of the server that has the index open, and its status. Raises Conflict, ServerError."""
    server = find_server(settings, locked)
    return server.url, server.request("GET", "/v1/status")


def consistency(settings: Settings, locked: FolderLocked) -> tuple[str, Mapping[str, Any]]:
    """The address of that server, and what it finds when it compares its items. Raises Conflict, ServerError."""
    server = find_server(settings, locked, timeout=_LONGEST_COMPARISON)
    return server.url, server.request("GET", "/v1/consistency")


def _query(selection: Selection) -> list[tuple[str, object]]:
    # Each condition by itself: an object has one condition of a kind for each field.
    filters = [json.dumps(json_conditions(Filter((condition,)))) for condition in selection.filter.conditions]
    return [
        ("k", selection.k),
        *(("filter", text) for text in filters),
        *(("fields", name) for name in selection.fields),
    ]


def _body(person: Person, selection: Selection) -> dict[str, object]:
    return {
        "history": [{"item_id": event.item_id} for event in person.history],
        "k": selection.k,
        "filter": json_conditions(selection.filter),
        "diversity": selection.diversity,
        "fields": list(selection.fields),
    }


def _answer(told: Mapping[str, Any]) -> Answer:
    return Answer(
        items=tuple(_item(item) for item in told["items"]),
        bundle=told["bundle"],
        collection=told["collection"],
        degraded_reason=told["degraded_reason"],
        milliseconds=told["milliseconds"],
        unknown_items=tuple(told["unknown_items"]),
        variant=told["variant"],
    )


def _item(told: Mapping[str, Any]) -> AnswerItem:
    return AnswerItem(
        item_id=told["item_id"],
        title=told["title"],
        rank=told["rank"],
        score=told["score"],
        source=Source(told["source"]),
        fields=told.get("fields", {}),
        predicted_rating=told["predicted_rating"],
        because=tuple(Reason(**reason) for reason in told["because"]),
    )


def _part(text: str) -> str:
    return quote(text, safe="")

"""One key, or one address, cannot take the server for itself, nor one person the list of popular items."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from pharos.serving.api.request_limits import RequestLimits
from pharos.serving.app import create_app
from pharos.serving.operations.keys import hash_of, make_key
from pharos.serving.settings import Settings
from pharos.serving.store import Store, UserEvent
from tests.faults.damage import copy_with_holes

ONE, OTHER = make_key(), make_key()


@pytest.fixture
def client(trained_too: Path, tmp_path: Path) -> Iterator[TestClient]:
    """A server with two keys, of which each may ask three times at once and then every 20 seconds."""
    settings = Settings(
        data_dir=copy_with_holes(trained_too, tmp_path / "data"),
        api_keys={"read": [hash_of(key.encode()) for key in (ONE, OTHER)]},
        requests_per_second=0.05,
        request_burst=3,
    )
    with TestClient(create_app(settings)) as client:
        yield client
    shutil.rmtree(tmp_path)


def ask(client: TestClient, key: str) -> Any:
    return client.get("/v1/popular", headers={"X-API-Key": key})


def test_a_key_that_asks_too_often_is_told_when_to_come_back_and_others_are_served(client: TestClient) -> None:
    assert [ask(client, ONE).status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    refused = ask(client, ONE)
    assert 1 <= int(refused.headers["retry-after"]) <= 20
    assert refused.headers["content-type"] == "application/problem+json"
    assert ask(client, OTHER).status_code == 200


def test_made_up_keys_are_refused_as_ever_and_take_nothing_from_a_real_one(client: TestClient) -> None:
    assert {ask(client, make_key()).status_code for _ in range(20)} == {401}
    assert ask(client, ONE).status_code == 200


def test_health_is_told_however_often_it_is_asked(client: TestClient) -> None:
    assert {client.get("/healthz").status_code for _ in range(20)} == {200}


class _Slow:
    """An application that answers when it is told to."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()

    async def __call__(self, _scope: Any, _receive: Any, send: Any) -> None:
        await self.may_answer.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


async def _statuses(settings: Settings, addresses: list[str], seconds: list[float]) -> list[int]:
    """What each address is answered, when all ask at these moments and the application answers after the last."""
    slow, statuses = _Slow(), [0] * len(addresses)
    limits = RequestLimits(slow, settings, clock=lambda: now)

    def request(place: int) -> Any:
        async def send(message: Any) -> None:
            statuses[place] = message.get("status", statuses[place])

        async def receive() -> Any:
            return {"type": "http.request"}

        scope = {
            "type": "http",
            "method": "GET",
            "path": "/v1/popular",
            "headers": [],
            "query_string": b"",
            "client": (addresses[place], 1),
        }
        return asyncio.create_task(limits(scope, receive, send))  # type: ignore[arg-type]

    tasks = []
    for place, now in enumerate(seconds):  # noqa: B007  # the clock
        tasks.append(request(place))
        await asyncio.sleep(0)
    slow.may_answer.set()
    await asyncio.gather(*tasks)
    return statuses


def test_more_than_so_many_at_a_time_are_refused_and_other_addresses_are_served() -> None:
    settings = Settings(concurrent_requests=2)
    assert asyncio.run(_statuses(settings, ["a", "a", "a", "b"], [0.0] * 4)) == [200, 200, 429, 200]


def test_what_was_used_comes_back_with_time_and_never_more_than_the_burst() -> None:
    settings = Settings(requests_per_second=0.5, request_burst=2, concurrent_requests=0)
    moments = [0.0, 0.0, 0.0, 2.0, 2.0, 900.0, 900.0, 900.0]
    assert asyncio.run(_statuses(settings, ["a"] * 8, moments)) == [200, 200, 429, 200, 429, 200, 200, 429]


def test_one_person_cannot_vote_an_item_to_the_top(store: Store) -> None:
    before = [item.item_id for item in store.popular(41)]
    last = before[-1]
    votes = [UserEvent("bot", last, "rating", 5.0, 1_700_000_000 + vote) for vote in range(1000)]
    assert store.add_events(votes) == 1000
    assert store.user("bot").events == 10  # type: ignore[union-attr]
    assert store.miscounted() == []
    assert [event.timestamp for event in store.history("bot", 5)] == [1_700_000_999]
    for vote in votes[:50]:
        store.add_events([vote])
    assert store.user("bot").events == 10  # type: ignore[union-attr]
    assert store.miscounted() == []

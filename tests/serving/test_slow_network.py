"""A network to Qdrant or PostgreSQL that is slow, swallows or resets: answers come, and whole ones when it is over."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import make_url

from pharos.serving.app import create_app
from pharos.serving.operations.reindex import reindex
from pharos.serving.parts import open_store
from pharos.serving.service import Service
from pharos.serving.settings import Settings
from pharos.towers.progress import Silent
from tests.faults.proxy import Mode, Proxy
from tests.qdrant_process import QdrantProcess, free_pair_of_ports
from tests.serving import world
from tests.serving.served import served
from tests.serving.writing_world import disagreements, eventually, war_film, writable

LISTS = ("/v1/users/w3/recommendations", "/v1/items/war-1/similar", "/v1/search?q=battle", "/v1/popular")
WRITES = (
    ("POST", "/v1/events", [{"user_id": "w3", "item_id": "war-3", "type": "view"}]),
    ("PUT", "/v1/items/posted", war_film()),
    ("PATCH", "/v1/items/war-7", {"available": False}),
)
BAD = (Mode.SLOW, Mode.SWALLOW, Mode.RESET)
# Far above what is promised: a test is no measurement. benchmarks/slow_network.py measures.
_CLIENT_SECONDS = 10.0


@contextmanager
def listening(settings: Settings) -> Iterator[tuple[httpx.Client, Service]]:
    """A client with a timeout of its own, of an application behind a real socket."""
    app = create_app(settings)
    with served(app) as (host, port), httpx.Client(base_url=f"http://{host}:{port}", timeout=_CLIENT_SECONDS) as client:
        yield client, app.state.service


def ask_all(client: httpx.Client) -> list[httpx.Response]:
    """Every list twice over, at the same time, then every write."""
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(client.get, LISTS * 2))
    return answers + [client.request(method, path, json=body) for method, path, body in WRITES]


def is_whole(client: httpx.Client) -> bool:
    answers = [client.get(path) for path in LISTS]
    return all(answer.status_code == 200 and not answer.json()["degraded"] for answer in answers)


@pytest.fixture
def to_qdrant(
    trained_too: Path, tmp_path: Path, qdrant_binary: Path
) -> Iterator[tuple[httpx.Client, Service, list[Proxy]]]:
    """A server whose Qdrant is behind proxies, one for each of its ports."""
    qdrant = QdrantProcess(qdrant_binary)
    qdrant.start()
    try:
        with ExitStack() as stack:
            port, target = free_pair_of_ports(), int(qdrant.url.rsplit(":", 1)[1])
            proxies = [stack.enter_context(Proxy(target + n, port=port + n)) for n in (0, 1)]
            settings = stack.enter_context(writable(trained_too, tmp_path, f"http://127.0.0.1:{port}"))
            client, service = stack.enter_context(listening(settings))
            eventually(lambda: is_whole(client))
            yield client, service, proxies
            for proxy in proxies:
                proxy.set(Mode.PASS)
    finally:
        qdrant.remove()


@pytest.mark.slow
@pytest.mark.parametrize("mode", BAD)
def test_a_bad_network_to_qdrant_leaves_answers_of_the_store_and_passes(
    to_qdrant: tuple[httpx.Client, Service, list[Proxy]], mode: Mode
) -> None:
    client, service, proxies = to_qdrant
    for proxy in proxies:
        proxy.set(mode)
    for _ in range(2):
        answers = ask_all(client)
        assert {answer.status_code for answer in answers} <= {200, 202}
        lists = [answer.json() for answer in answers if "items" in answer.json()]
        assert all(answer["items"] for answer in lists)
        assert any("Qdrant" in (answer["degraded_reason"] or "") for answer in lists)
    for proxy in proxies:
        proxy.set(Mode.PASS)
    eventually(lambda: is_whole(client))
    eventually(lambda: disagreements(service) == [])
    assert client.get("/v1/items/posted").status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize("mode", BAD)
def test_writes_over_a_bad_network_are_kept_while_searches_go_on(
    to_qdrant: tuple[httpx.Client, Service, list[Proxy]], mode: Mode
) -> None:
    client, service, (_, writes) = to_qdrant
    writes.set(mode)
    assert client.put("/v1/items/posted", json=war_film()).status_code == 202
    writes.set(Mode.PASS)
    eventually(lambda: disagreements(service) == [])
    eventually(lambda: is_whole(client))


@pytest.fixture
def to_postgresql(
    trained_too: Path, tmp_path: Path, any_store_url: str
) -> Iterator[tuple[httpx.Client, Service, Proxy]]:
    """A server whose PostgreSQL is behind a proxy."""
    url = make_url(any_store_url)
    data_dir = shutil.copytree(trained_too, tmp_path / "data", ignore=shutil.ignore_patterns("index", "pharos.db*"))
    with Proxy(url.port or 0) as proxy:
        address = url.set(port=proxy.port).render_as_string(hide_password=False)
        settings = Settings(data_dir=data_dir, database_url=address, refresh_seconds=0.05, popular_seconds=0)
        with open_store(settings) as store:
            store.import_dataset(world.dataset())
        reindex(settings, None, Silent())
        with listening(settings) as (client, service):
            eventually(lambda: is_whole(client))
            yield client, service, proxy
            proxy.set(Mode.PASS)


@pytest.mark.slow
@pytest.mark.parametrize("any_store_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("mode", BAD)
def test_a_bad_network_to_postgresql_is_said_and_passes(
    to_postgresql: tuple[httpx.Client, Service, Proxy], mode: Mode
) -> None:
    client, service, proxy = to_postgresql
    proxy.set(mode)
    for _ in range(2):
        for answer in ask_all(client):
            assert answer.status_code == 503, answer.text
            assert answer.json()["type"].endswith("not-available")
            assert "the store cannot be used" in answer.json()["detail"]
    proxy.set(Mode.PASS)
    eventually(lambda: is_whole(client))
    for method, path, body in WRITES:
        assert client.request(method, path, json=body).is_success
    eventually(lambda: disagreements(service) == [])

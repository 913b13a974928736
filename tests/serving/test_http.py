"""The application behind a real server, on a free port of the loopback address."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import httpx
import pytest
from starlette.testclient import TestClient

from tests.serving.served import served
from tests.serving.world import HALF


@pytest.fixture(scope="module")
def address(client: TestClient) -> Iterator[tuple[str, int]]:
    """Where a server listens that serves the application which `client` has started."""
    with served(client.app, lifespan="off") as address:
        yield address


@pytest.fixture
def http(address: tuple[str, int]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://{address[0]}:{address[1]}") as http:
        yield http


def send(address: tuple[str, int], data: bytes) -> bytes:
    """What the server answers to these bytes before it closes the connection."""
    with socket.create_connection(address, timeout=30) as connection:
        connection.sendall(data)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize("item_id", ["a/b", "../../etc/passwd", "a?b#c", "100%", "é", "'; DROP TABLE items; --", " "])
def test_an_id_of_any_characters_reaches_its_route(http: httpx.Client, item_id: str) -> None:
    response = http.get(f"/v1/items/{quote(item_id, safe='')}")
    assert response.status_code == 404
    assert response.json()["errors"][0]["value"] == item_id


def test_people_who_ask_at_the_same_time_get_what_they_get_alone(http: httpx.Client) -> None:
    def ask(person: int) -> list[dict[str, object]]:
        answer = http.get(f"/v1/users/w{person}/recommendations", params={"k": 5}).raise_for_status().json()
        return [
            {"item_id": item["item_id"], "score": pytest.approx(item["score"], abs=1e-5)} for item in answer["items"]
        ]

    alone = [ask(person) for person in range(HALF)]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(ask, range(HALF))) == alone
    assert len({items[0]["item_id"] for items in alone}) == HALF  # each person lacks another film


def test_a_body_in_chunks_is_refused_where_it_passes_the_limit(http: httpx.Client) -> None:
    response = http.post("/v1/recommendations", content=(b" " * 1000 for _ in range(200)))
    assert response.status_code == 413


@pytest.mark.parametrize(
    "data",
    [
        b"GET /v1/items/\xff HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        b"POST /v1/recommendations HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n{}",
        b"POST /v1/recommendations HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"nonsense\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused_and_does_no_harm(address: tuple[str, int], http: httpx.Client, data: bytes) -> None:
    answer = send(address, data)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"Traceback" not in answer
    assert http.get("/healthz").status_code == 200


def test_a_client_that_goes_away_amid_its_request_does_no_harm(address: tuple[str, int], http: httpx.Client) -> None:
    with socket.create_connection(address) as connection:
        connection.sendall(b"POST /v1/recommendations HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{")
    assert http.get("/v1/popular").status_code == 200

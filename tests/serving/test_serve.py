"""A real `pharos serve`: how it starts, how it stops, and several workers."""

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.types import Message

from pharos.indexing.folder_lock import FolderLock, FolderLocked
from pharos.serving.app import create_app
from pharos.serving.operations.keys import hash_of, make_key
from pharos.serving.settings import Settings
from tests.serve_process import COMMAND, ServeProcess, environment
from tests.serving.writing_world import eventually, war_film, writable

KEYS = {scope: make_key() for scope in ("read", "write", "admin")}
API_KEYS = json.dumps({scope: [hash_of(key.encode())] for scope, key in KEYS.items()})


def serve(folder: Path, *options: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """A start that is expected to fail."""
    command = [*COMMAND, "serve", *options]
    return subprocess.run(command, cwd=folder, env=environment(settings), capture_output=True, text=True, timeout=120)


def test_several_workers_need_a_server_for_the_index(tmp_path: Path) -> None:
    refused = serve(tmp_path, "--workers", "2")
    assert refused.returncode == 1
    assert "set qdrant_url for --workers" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_start_that_would_open_it_to_the_network_is_refused(tmp_path: Path) -> None:
    refused = serve(tmp_path, "--host", "0.0.0.0")
    assert refused.returncode == 1
    assert "'0.0.0.0', which other machines can reach, and no API keys are set" in refused.stderr
    assert "Traceback" not in refused.stderr


def told_in_one_line(refused: subprocess.CompletedProcess[str]) -> str:
    """The message of a start that was refused: the only line that was printed."""
    assert refused.returncode == 1
    assert refused.stdout == ""  # above all not that it listens
    (line,) = refused.stderr.splitlines()
    return line


def test_a_start_on_a_port_that_is_taken_names_another_one(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        line = told_in_one_line(serve(tmp_path, "--port", str(port)))
    assert line.startswith(f"pharos: port {port} of 127.0.0.1 is taken by another process; ")
    assert f"--port {port + 1}" in line


def test_a_start_at_an_address_of_no_machine_says_so(tmp_path: Path) -> None:
    line = told_in_one_line(serve(tmp_path, "--host", "no.such.host.invalid", open_to_network="true"))
    assert line.startswith("pharos: no.such.host.invalid:8000 cannot be listened on: ")


def test_a_start_on_an_index_that_is_open_elsewhere_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "var" / "index").mkdir(parents=True)
    with FolderLock(tmp_path / "var" / "index"):
        line = told_in_one_line(serve(tmp_path, "--port", "0"))
    assert "another process has this index open" in line
    assert f"(process {os.getpid()})" in line
    assert "ask it over HTTP" in line


def test_an_application_that_cannot_start_tells_its_server_why_without_a_trace(tmp_path: Path) -> None:
    told: list[Message] = []

    async def receive() -> Message:
        return {"type": "lifespan.startup"}

    async def send(message: Message) -> None:
        told.append(message)

    settings = Settings(data_dir=tmp_path / "data")
    settings.index_dir.mkdir(parents=True)
    with FolderLock(settings.index_dir), pytest.raises(FolderLocked):
        asyncio.run(create_app(settings)({"type": "lifespan", "asgi": {"version": "3.0"}}, receive, send))
    (message,) = told
    assert message["type"] == "lifespan.startup.failed"
    assert message["message"].startswith("another process has this index open: ")


@pytest.mark.slow
def test_a_server_says_where_it_is_once_it_takes_connections(tmp_path: Path) -> None:
    command = [*COMMAND, "serve", "--port", "0"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment({}), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        try:
            assert server.stdout is not None
            told = re.match(r"Pharos at (http://127\.0\.0\.1:[1-9][0-9]*)/", server.stdout.readline())
            assert told
            assert httpx.get(f"{told[1]}/healthz", timeout=60).status_code == 200
        finally:
            server.send_signal(signal.SIGINT)
        assert server.wait(60) == 0


@pytest.mark.slow
def test_a_server_that_is_stopped_finishes_the_request_under_way(trained_too: Path, tmp_path: Path) -> None:
    data = shutil.copytree(trained_too, tmp_path / "data")
    body = b'{"history": [{"item_id": "war-1"}], "k": 3}'
    with ServeProcess({"data_dir": str(data)}, tmp_path) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as slow:
            head = f"POST /v1/recommendations HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n"
            slow.sendall(f"{head}Content-Type: application/json\r\nConnection: close\r\n\r\n".encode() + body[:10])
            # An answer to another connection: the first one's head has been read.
            httpx.get(f"{server.url}/healthz").raise_for_status()
            server.ask_to_stop()
            while takes_connections(server.port):
                time.sleep(0.02)
            slow.sendall(body[10:])
            answer = b"".join(iter(lambda: slow.recv(65536), b""))
        assert server.wait() in (0, -15)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert len(json.loads(answer.partition(b"\r\n\r\n")[2])["items"]) == 3
    assert "Traceback" not in server.log()


def takes_connections(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


@pytest.fixture(scope="module")
def workers(trained_too: Path, qdrant_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServeProcess]:
    """Two workers on one store and one Qdrant server, with keys and a log of JSON lines."""
    folder = tmp_path_factory.mktemp("workers")
    with writable(trained_too, folder, qdrant_url) as settings:
        given = {
            "data_dir": str(settings.data_dir),
            "qdrant_url": qdrant_url,
            "alias": settings.alias,
            "api_keys": API_KEYS,
            "log_format": "json",
        }
        with ServeProcess(given, folder, "--workers", "2") as server:
            yield server


def client(server: ServeProcess, scope: str) -> httpx.Client:
    """A client that opens a connection for each request, so that both workers are asked."""
    limits = httpx.Limits(max_keepalive_connections=0)
    return httpx.Client(
        base_url=server.url, headers={"Authorization": f"Bearer {KEYS[scope]}"}, limits=limits, timeout=60
    )


@pytest.mark.slow
def test_what_one_worker_wrote_the_other_answers_with(workers: ServeProcess) -> None:
    with client(workers, "write") as http, ThreadPoolExecutor(4) as threads:
        for number in range(10):
            assert http.put(f"/v1/items/posted-{number}", json=war_film(f"Posted {number}")).status_code == 201
            answers = threads.map(lambda _: http.get("/v1/search", params={"q": f"Posted {number}"}), range(8))  # noqa: B023
            found = [answer.raise_for_status().json()["items"][0]["item_id"] for answer in answers]
            assert found == [f"posted-{number}"] * 8


@pytest.mark.slow
def test_both_workers_count_into_one_sum(workers: ServeProcess) -> None:
    def total() -> float:
        families = text_string_to_metric_families(http.get("/metrics").raise_for_status().text)
        return sum(
            sample.value
            for family in families
            for sample in family.samples
            if sample.name == "pharos_requests_total" and sample.labels["route"] == "/v1/popular"
        )

    with client(workers, "read") as http, ThreadPoolExecutor(8) as threads:
        before = total()
        assert {answer.status_code for answer in threads.map(lambda _: http.get("/v1/popular"), range(64))} == {200}
        eventually(lambda: total() >= before + 64)  # a request is counted when its answer is out
        assert [total() for _ in range(8)] == [before + 64] * 8


@pytest.mark.slow
def test_the_log_is_json_and_holds_no_key(workers: ServeProcess) -> None:
    with client(workers, "read") as http:
        http.get("/v1/users/some-person/recommendations", headers={"X-Request-ID": "told"}).raise_for_status()
        assert http.put("/v1/items/new", json=war_film()).status_code == 403
    lines = [line for line in workers.log().splitlines() if not line.startswith("Pharos at ")]
    (told,) = [line for line in lines if json.loads(line).get("request_id") == "told"]
    assert json.loads(told)["route"] == "/v1/users/{user_id}/recommendations"
    assert [key for key in (*KEYS.values(), *json.loads(API_KEYS)["read"], "some-person") if key in workers.log()] == []

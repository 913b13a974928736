"""Full recommendations over HTTP: requests a second, times under load, and what HTTP itself costs.

Two workers on a Qdrant server, then one process on the embedded engine; the load generator runs on the same cores. What
HTTP costs is the client's time without the pipeline's own, one request after the other; the floor is an endpoint of the
same framework that returns the same bytes from memory. Reads are also timed while 100 events a second are written, one
in each request, in turns with times without.

    python -m benchmarks.http_throughput [SECONDS]
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx
import numpy as np
import uvloop
from fastapi import FastAPI, Response

from benchmarks.catalogues import catalogue
from benchmarks.measurement import Bar, Measurement, Options, table
from benchmarks.served import engine
from benchmarks.serving_world import build
from pharos.serving.settings import Settings
from tests.serve_process import ServeProcess

ITEMS, USERS, EVENTS = 10_000, 1_000, 60_000
AT_ONCE: Final = (1, 8)
K: Final = 20
_SECONDS: Final = 10.0
_RATE: Final = 300.0
_WRITES: Final = 100
_TURNS: Final = 3
_BYTES: Final = "FLOOR_BYTES"
_QUIET: Final = "--log-level warning --no-access-log"


def main() -> None:
    """Measure and print."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else _SECONDS
    print(table([("http_throughput", one) for one in under_load(seconds)]))


def measure(_options: Options) -> list[Measurement]:
    """Serve a made-up catalogue on both engines."""
    return under_load(_SECONDS)


def under_load(seconds: float) -> list[Measurement]:
    """Rates, times and the cost of HTTP, each from so many seconds."""
    found = list[Measurement]()
    for name, workers in (("server", 2), ("embedded", 1)):
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            given = {"data_dir": str(folder / "data"), "log_level": "warning"}
            if url := stack.enter_context(engine(name)):
                given["qdrant_url"] = url
            build(Settings.model_validate(given), catalogue(ITEMS, USERS, EVENTS))
            served = stack.enter_context(ServeProcess(given, folder, "--workers", str(workers)))
            found += load_of(f"{name}, {workers} workers" if workers > 1 else name, served.url, folder, seconds)
    return found


def load_of(what: str, url: str, folder: Path, seconds: float) -> list[Measurement]:
    """The figures of a running server."""
    warm_up(url)
    paths = [path_of(number) for number in range(USERS)]
    found = list[Measurement]()
    for at_once in AT_ONCE:
        load = asked(url, paths, at_once, seconds)
        name = f"{what}, {at_once} at once"
        note = f"{load.failed} failed" if load.failed else ""
        rate = Bar(of="median", limit=_RATE) if at_once == AT_ONCE[-1] else None
        found += [
            Measurement.of(f"{name}: requests", "a second", load.rates(), higher_is_better=True, bar=rate, note=note),
            Measurement.of(f"{name}: time", "ms", load.milliseconds, bar=Bar(of="p99", limit=50) if rate else None),
        ]
    alone = asked(url, paths, 1, seconds, read=True)
    ours = (np.array(alone.milliseconds) - np.array(alone.pipeline)).tolist()
    with floor_server(httpx.get(f"{url}{path_of(0)}").content, folder) as floor_url:
        floor = asked(floor_url, ["/"], 1, seconds / 2).milliseconds
    bar = Bar(of="ratio", limit=1.5)
    beside = Measurement.of(f"{what}: HTTP beside the pipeline", "ms", ours, floor=floor, bar=bar)
    return [*found, beside, _under_writes(what, url, paths, seconds / 2)]


def _under_writes(what: str, url: str, paths: list[str], seconds: float) -> Measurement:
    """Times of reads, one after the other, while events are written, beside those without."""
    busy, still, written = list[float](), list[float](), 0
    for _ in range(_TURNS):
        still += asked(url, paths, 1, seconds).milliseconds
        load = asked(url, paths, 1, seconds, writes=_WRITES)
        busy, written = busy + load.milliseconds, written + load.written
    rate = written / seconds / _TURNS
    bar, note = Bar(of="ratio", limit=2.0), f"{rate:.0f} events a second; floor: reads without"
    return Measurement.of(f"{what}: reads under writes", "ms", busy, floor=still, bar=bar, note=note)


def path_of(number: int) -> str:
    """The request of a user."""
    return f"/v1/users/u{number % USERS}/recommendations?k={K}"


def warm_up(url: str) -> None:
    """Ask for everybody once, so that vectors are known; more often where there are workers."""
    with httpx.Client(base_url=url, timeout=30) as http:
        for _ in range(2):
            http.get(path_of(0)).raise_for_status()
    asked(url, [path_of(number) for number in range(USERS)], 4, 12.0)


@dataclass
class Load:
    """What a load gave. milliseconds: of each request; ended: its second; pipeline: its own, where they were read.

    written: events that were acknowledged.
    """

    seconds: float = 0.0
    milliseconds: list[float] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)
    pipeline: list[float] = field(default_factory=list)
    failed: int = 0
    written: int = 0

    def rates(self) -> list[float]:
        """Requests a second, of each whole second."""
        ended = np.floor(np.array(self.ended)).astype(int)
        return np.bincount(ended)[:-1].astype(float).tolist() or [len(self.milliseconds) / self.seconds]


def asked(url: str, paths: list[str], at_once: int, seconds: float, *, read: bool = False, writes: int = 0) -> Load:
    """Ask for the paths in turn from so many connections.

    read: the pipeline's milliseconds of each answer. writes: events a second that are written meanwhile.
    """
    load = Load()
    started = time.perf_counter()
    uvloop.run(_ask(url, paths, at_once, started + seconds, load, read, writes))
    load.seconds = time.perf_counter() - started
    return load


async def _ask(url: str, paths: list[str], at_once: int, until: float, load: Load, read: bool, writes: int) -> None:
    host, _, port = url.removeprefix("http://").partition(":")
    begun = time.perf_counter()
    numbers = iter(range(1 << 62))

    async def connection() -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        while time.perf_counter() < until:
            path = paths[next(numbers) % len(paths)]
            started = time.perf_counter()
            writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            status, body = await _answer(reader)
            now = time.perf_counter()
            load.milliseconds.append((now - started) * 1000)
            load.ended.append(now - begun)
            load.failed += status != 200
            if read:
                load.pipeline.append(json.loads(body)["milliseconds"]["total"])
        writer.close()

    async def writer() -> None:
        reader, sender = await asyncio.open_connection(host, int(port))
        while (now := time.perf_counter()) < until:
            number = next(numbers)
            event = {"user_id": f"u{number % USERS}", "item_id": f"i{number * 7 % ITEMS}", "type": "view"}
            body = json.dumps([event]).encode()
            head = f"POST /v1/events HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
            sender.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            status, _ = await _answer(reader)
            load.written += status in (200, 202)
            await asyncio.sleep(max(0.0, now + 1 / writes - time.perf_counter()))
        sender.close()

    await asyncio.gather(*(connection() for _ in range(at_once)), *([writer()] if writes else []))


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
    return int(head.split(b" ", 2)[1]), await reader.readexactly(length)


@contextmanager
def floor_server(content: bytes, folder: Path) -> Iterator[str]:
    """An address that returns the content, from the same server and framework."""
    (folder / "floor").write_bytes(content)
    free = ServeProcess({}, folder).port
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "uvicorn",
            "benchmarks.http_throughput:floor",
            "--factory",
            *f"--port {free} {_QUIET}".split(),
        ],
        cwd=Path(__file__).parents[1],
        env={**os.environ, _BYTES: str(folder / "floor")},
    )
    url = f"http://127.0.0.1:{free}"
    try:
        while True:
            try:
                httpx.get(url)
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait()


def floor() -> FastAPI:
    """The application of the floor."""
    app, content = FastAPI(), Path(os.environ[_BYTES]).read_bytes()

    @app.get("/")
    def same() -> Response:
        return Response(content, media_type="application/json")

    return app


if __name__ == "__main__":
    main()

"""Two servers on one Qdrant server and one PostgreSQL are restarted one after the other, under load: none fails.

Clients do what a load balancer does: they ask a server whose /readyz is good, and the other one where there is no
connection. A request whose connection was cut after it was sent counts as cut, and may not occur: a server that is
told to stop finishes what it has begun. Every acknowledged event must be in the store at the end.

Needs the Qdrant server of the tests (`python -m tests.qdrant_binary` fetches it) and PostgreSQL's programs.
"""

import argparse
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx
import numpy as np

from benchmarks.serving_world import USERS, prepare, some_item, some_user
from pharos.serving.parts import open_store
from pharos.serving.settings import Settings
from tests.postgresql import PostgresqlProcess
from tests.qdrant_binary import fetch
from tests.qdrant_process import QdrantProcess
from tests.serve_process import ServeProcess

CLIENTS, PAUSE_SECONDS, STEADY_SECONDS, CHECK_SECONDS = 4, 0.1, 5, 0.2
WRITE_SHARE: Final = 0.2
_FIRST_STAMP: Final = 1_900_000_000


@dataclass
class Seen:
    """What clients were answered. Safe with threads."""

    statuses: Counter[str] = field(default_factory=Counter)
    moved_on: int = 0
    cut: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    events: set[tuple[str, int]] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, kind: str, seconds: float, event: tuple[str, int] | None) -> None:
        """Count an answer, and keep an event that was acknowledged."""
        with self.lock:
            self.statuses[kind] += 1
            self.seconds.append(seconds)
            if event and kind.startswith("200"):
                self.events.add(event)


class Balancer:
    """Which of the servers are ready, as a thread finds out that asks each of them five times a second."""

    def __init__(self, servers: Sequence[ServeProcess]) -> None:
        self._urls = [server.url for server in servers]
        self._ready = list(self._urls)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._check)
        self._thread.start()

    def close(self) -> None:
        """Stop the thread."""
        self._stopped.set()
        self._thread.join()

    def order(self, draw: random.Random) -> list[str]:
        """All servers, those that are ready first, in any order."""
        ready = self._ready
        return sorted(self._urls, key=lambda url: (url not in ready, draw.random()))

    def _check(self) -> None:
        with httpx.Client(timeout=2) as http:
            while not self._stopped.wait(CHECK_SECONDS):
                self._ready = [url for url in self._urls if _is_ready(http, url)]


def main() -> None:
    """Run all servers, restart, count, print; fails where a request failed or an event is lost."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seed", type=int, default=20)
    options.add_argument("--rounds", type=int, default=2, help="how often each server is restarted")
    options.add_argument(
        "--wait-seconds", type=float, default=Settings().wait_seconds, help="the setting of the servers"
    )
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder, qdrant, postgresql = Path(name), QdrantProcess(fetch()), PostgresqlProcess()
        for process in (qdrant, postgresql):
            stack.callback(process.remove)
            process.start()
        given = prepare(folder, qdrant.url, postgresql.url)
        given["wait_seconds"] = str(chosen.wait_seconds)
        servers = []
        for number in range(2):
            (own := folder / f"server-{number}").mkdir()
            servers.append(stack.enter_context(ServeProcess(given, own)))
        balancer = Balancer(servers)
        stack.callback(balancer.close)
        periods = measure(servers, balancer, chosen.rounds, chosen.seed)
        lost = lost_events(Settings.model_validate(given), [seen.events for seen in periods.values()])
    sys.exit(0 if report(periods, lost, chosen.rounds, chosen.seed) else 1)


def measure(servers: Sequence[ServeProcess], balancer: Balancer, rounds: int, seed: int) -> dict[str, Seen]:
    """What was seen before and during the restarts."""
    periods, now, done = {"before": Seen(), "restarts": Seen()}, ["before"], threading.Event()
    stamps, lock = iter(range(_FIRST_STAMP, 2**31)), threading.Lock()

    def stamp() -> int:
        with lock:
            return next(stamps)

    def client(number: int) -> None:
        draw = random.Random(seed + number)
        with httpx.Client(timeout=30) as http:
            while not done.wait(PAUSE_SECONDS):
                ask(http, balancer, draw, stamp, periods[now[0]])

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        time.sleep(STEADY_SECONDS)
        now[0] = "restarts"
        for server in list(servers) * rounds:
            restart(server)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    return periods


def restart(server: ServeProcess) -> None:
    """Stop a server in good order, start it again, and wait until it is ready."""
    started = time.monotonic()
    server.ask_to_stop()
    server.wait()
    stopped = time.monotonic()
    server.__enter__()
    with httpx.Client(timeout=30) as http:
        while not _is_ready(http, server.url):
            time.sleep(CHECK_SECONDS)
    print(f"stopped in {stopped - started:.1f} s, ready again {time.monotonic() - stopped:.1f} s later", flush=True)
    time.sleep(STEADY_SECONDS)


def ask(http: httpx.Client, balancer: Balancer, draw: random.Random, stamp: Callable[[], int], seen: Seen) -> None:
    """One request, to the next server where one takes no connection."""
    user, event = some_user(draw), None
    if draw.random() < WRITE_SHARE:
        event = (user, stamp())
        body = [{"user_id": user, "item_id": some_item(draw), "type": "view", "timestamp": event[1]}]
        method, path = "POST", "/v1/events"
    else:
        method, path, body = "GET", f"/v1/users/{user}/recommendations", None
    started = time.monotonic()
    for url in balancer.order(draw):
        try:
            response = http.request(method, url + path, json=body)
        except httpx.ConnectError:
            seen.moved_on += 1
            continue
        except httpx.TransportError as error:
            seen.cut.append(f"{method} {path}: {error!r}")
            continue
        degraded = method == "GET" and response.is_success and response.json()["degraded"]
        detail = "" if response.is_success else f" {response.json().get('detail', '')[:100]}"
        kind = f"{response.status_code}{' degraded' if degraded else ''}{detail}"
        seen.add(kind, time.monotonic() - started, event)
        return
    seen.add("nobody answered", time.monotonic() - started, None)


def lost_events(settings: Settings, acknowledged: Sequence[set[tuple[str, int]]]) -> list[tuple[str, int]]:
    """The acknowledged events that the store does not hold."""
    expected = set[tuple[str, int]]().union(*acknowledged)
    with open_store(settings) as store:
        held = {
            (user, int(event.timestamp or 0))
            for user in (f"u{number}" for number in range(USERS))
            for event in store.history(user, 100_000)
        }
    return sorted(expected - held)


def report(periods: dict[str, Seen], lost: list[tuple[str, int]], rounds: int, seed: int) -> bool:
    """Print; whether all that must hold does."""
    good = not lost
    for name, seen in periods.items():
        p50, p99 = np.quantile(seen.seconds, (0.5, 0.99)) * 1000
        told = ", ".join(f"{kind} {count:,}" for kind, count in sorted(seen.statuses.items()))
        print(f"{name:<9} p50 {p50:.0f} ms, p99 {p99:.0f} ms, longest {max(seen.seconds):.2f} s; {told}")
        good &= set(seen.statuses) == {"200"} and not seen.cut
    restarts = periods["restarts"]
    for cut in restarts.cut[:5]:
        print(f"  ! {cut}")
    failed = sum(count for kind, count in restarts.statuses.items() if not kind.startswith("200"))
    acknowledged = sum(len(seen.events) for seen in periods.values())
    print(
        f"{2 * rounds} restarts, seed {seed}: {failed} failed, {len(restarts.cut)} cut, {restarts.moved_on} sent to "
        f"the other server; {acknowledged:,} events acknowledged, {len(lost)} lost"
    )
    return good


def _is_ready(http: httpx.Client, url: str) -> bool:
    try:
        return http.get(f"{url}/readyz").status_code == 200
    except httpx.TransportError:
        return False


if __name__ == "__main__":
    main()

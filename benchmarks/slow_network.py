"""What clients see, and how long they wait, while the network to Qdrant or PostgreSQL is slow, half-open or resetting.

Needs the Qdrant server of the tests (`python -m tests.qdrant_binary` fetches it) and PostgreSQL's programs.

    python -m benchmarks.slow_network [SECONDS] [qdrant] [postgresql]

SECONDS: how long each fault lasts; 20 by default. Without names, both servers are measured.
"""

import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import httpx
import numpy as np
from sqlalchemy import make_url

from benchmarks.serving_world import prepare, some_item, some_user, until_whole
from pharos.cli.progress import Lines
from pharos.serving.operations.reindex import reindex
from pharos.serving.parts import open_store
from pharos.serving.settings import Settings
from tests.faults.proxy import Mode, Proxy
from tests.postgresql import PostgresqlProcess
from tests.qdrant_binary import fetch
from tests.qdrant_process import QdrantProcess, free_pair_of_ports
from tests.serve_process import ServeProcess

CLIENTS, STEADY_SECONDS, FAULT_SECONDS = 8, 5, 20
MODES = (Mode.PASS, Mode.SLOW, Mode.SWALLOW, Mode.RESET)
WRITE_SHARE = 0.2


def main() -> None:
    """Put proxies in front of each server in turn, spoil them, count and time, print."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else FAULT_SECONDS
    names = sys.argv[2:] or ["qdrant", "postgresql"]
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        qdrant = QdrantProcess(fetch())
        stack.callback(qdrant.remove)
        qdrant.start()
        port, target = free_pair_of_ports(), int(qdrant.url.rsplit(":", 1)[1])
        proxies = [stack.enter_context(Proxy(target + n, port=port + n)) for n in (0, 1)]
        given = prepare(folder, f"http://127.0.0.1:{port}")
        if "qdrant" in names:
            with ServeProcess(given, folder) as server:
                measure("qdrant", server.url, proxies, seconds)
        if "postgresql" not in names:
            return
        postgresql = PostgresqlProcess()
        stack.callback(postgresql.remove)
        postgresql.start()
        proxy = stack.enter_context(Proxy(make_url(postgresql.url).port or 0))
        given = moved(given, make_url(postgresql.url).set(port=proxy.port).render_as_string(hide_password=False))
        with ServeProcess(given, folder) as server:
            measure("postgresql", server.url, [proxy], seconds)


def moved(given: dict[str, str], address: str) -> dict[str, str]:
    """The settings with the same catalogue in PostgreSQL, and the index inside the process."""
    with open_store(Settings.model_validate(given)) as store:
        data = store.dataset()
    changed = {name: value for name, value in given.items() if name != "qdrant_url"} | {"database_url": address}
    settings = Settings.model_validate(changed)
    with open_store(settings) as store:
        store.import_dataset(data)
    reindex(settings, None, Lines())
    return changed


def measure(server: str, url: str, proxies: Sequence[Proxy], seconds: float) -> None:
    """One line for each mode: what was answered, how long it took, when all was whole again."""
    for mode in MODES:
        for proxy in proxies:
            proxy.set(mode)
        answered, waits = load(url, STEADY_SECONDS if mode is Mode.PASS else seconds)
        for proxy in proxies:
            proxy.set(Mode.PASS)
        back = time.monotonic()
        recovered = until_whole(url) - back
        told = ", ".join(f"{kind} {count:,}" for kind, count in sorted(answered.items()))
        p50, p99 = np.quantile(waits, (0.5, 0.99)) * 1000
        print(
            f"{server} {mode.value:<8} p50 {p50:.0f} ms, p99 {p99:.0f} ms, longest {max(waits):.2f} s; "
            f"full answers after {recovered:.2f} s; {told}",
            flush=True,
        )


def load(url: str, seconds: float) -> tuple[Counter[str], list[float]]:
    """What clients were answered, by kind, and how long each answer took, in seconds."""
    end, answered, waits = time.monotonic() + seconds, Counter[str](), list[float]()
    lock = threading.Lock()

    def client(number: int) -> None:
        draw = random.Random(number)
        with httpx.Client(base_url=url, timeout=60) as http:
            while time.monotonic() < end:
                started = time.monotonic()
                kind = ask(http, draw)
                with lock:
                    answered[kind] += 1
                    waits.append(time.monotonic() - started)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answered, waits


def ask(http: httpx.Client, draw: random.Random) -> str:
    """One request; what came of it."""
    chance = draw.random()
    if chance < WRITE_SHARE / 2:
        event = {"user_id": some_user(draw), "item_id": some_item(draw), "type": "view"}
        return f"{http.post('/v1/events', json=[event]).status_code} event"
    if chance < WRITE_SHARE:
        return f"{http.patch(f'/v1/items/{some_item(draw)}', json={'available': True}).status_code} item"
    path = f"/v1/users/{some_user(draw)}/recommendations"
    if chance < 0.5:
        path = f"/v1/items/{some_item(draw)}/similar"
    response = http.get(path)
    if not response.is_success:
        return f"{response.status_code} list"
    return f"{response.status_code} {'degraded' if response.json()['degraded'] else 'full'} list"


if __name__ == "__main__":
    main()

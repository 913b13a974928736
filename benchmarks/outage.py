"""What clients see while the Qdrant server is away for 30 seconds under load, and how soon all is as before.

Needs the Qdrant server of the tests: `python -m tests.qdrant_binary` fetches it.
"""

import random
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import httpx

from benchmarks.serving_world import prepare, some_item, some_user, until_whole
from tests.qdrant_binary import fetch
from tests.qdrant_process import QdrantProcess
from tests.serve_process import ServeProcess

CLIENTS, STEADY_SECONDS, AWAY_SECONDS = 8, 10, 30
# A list of similar or personal items cannot come from the store, so that each says whether it is whole.
WRITE_SHARE = 0.2


class Seen:
    """What clients were answered. Safe with threads."""

    def __init__(self) -> None:
        self.statuses: Counter[str] = Counter()
        self.whole_at = 0.0
        self._lock = threading.Lock()

    def add(self, kind: str) -> None:
        """Count an answer."""
        with self._lock:
            self.statuses[kind] += 1


def main() -> None:
    """Run both servers, stop one, count, start it again, print."""
    with tempfile.TemporaryDirectory() as name:
        folder, qdrant = Path(name), QdrantProcess(fetch())
        try:
            qdrant.start()
            with ServeProcess(prepare(folder, qdrant.url), folder) as server:
                run(server.url, qdrant)
        finally:
            qdrant.remove()


def run(url: str, qdrant: QdrantProcess) -> None:
    """Load, outage, recovery."""
    done, periods = threading.Event(), {name: Seen() for name in ("before", "away", "after")}
    now = {"period": "before"}

    def client(number: int) -> None:
        draw = random.Random(number)
        with httpx.Client(base_url=url, timeout=60) as http:
            while not done.is_set():
                seen = periods[now["period"]]
                seen.add(ask(http, draw))

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    time.sleep(STEADY_SECONDS)
    now["period"] = "away"
    qdrant.stop()
    time.sleep(AWAY_SECONDS)
    qdrant.start()
    back = time.monotonic()
    recovered = until_whole(url) - back
    now["period"] = "after"
    time.sleep(STEADY_SECONDS)
    done.set()
    for thread in threads:
        thread.join()
    for name, seen in periods.items():
        told = ", ".join(f"{kind} {count:,}" for kind, count in sorted(seen.statuses.items()))
        print(f"{name:<7} {told}")
    failed = sum(count for seen in periods.values() for kind, count in seen.statuses.items() if kind.startswith("5"))
    print(f"5xx: {failed}; full answers {recovered:.2f} s after the server answered again")


def ask(http: httpx.Client, draw: random.Random) -> str:
    """One request; what came of it."""
    chance = draw.random()
    if chance < WRITE_SHARE:
        event = {"user_id": some_user(draw), "item_id": some_item(draw), "type": "view"}
        return f"{http.post('/v1/events', json=[event]).status_code} written"
    path = f"/v1/users/{some_user(draw)}/recommendations"
    if chance < 0.5:
        path = f"/v1/items/{some_item(draw)}/similar"
    response = http.get(path)
    if not response.is_success:
        return f"{response.status_code} {response.json()['detail']}"
    return f"{response.status_code} {'degraded' if response.json()['degraded'] else 'full'}"


if __name__ == "__main__":
    main()

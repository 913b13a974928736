"""Eight clients that read and write for a minute: no error, and store, index and events agree at the end.

On the embedded engine, and on the Qdrant server of the tests with two workers; or on those named.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import httpx
import numpy as np

from benchmarks.served import ENGINES, engine
from benchmarks.serving_world import prepare, some_item, some_user
from tests.serve_process import COMMAND, ServeProcess, environment

CLIENTS = 8


def main() -> None:
    """Run the servers and the clients on each engine, print, check; fails where anything failed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("engines", nargs="*", choices=[*ENGINES, []])
    options.add_argument("--seconds", type=int, default=60)
    chosen, good = options.parse_args(), True
    for name in chosen.engines or ENGINES:
        with engine(name) as qdrant_url, tempfile.TemporaryDirectory() as folder:
            print(f"{name} engine")
            good &= run(Path(folder), qdrant_url, chosen.seconds)
    if not good:
        sys.exit("not all went well")


def run(folder: Path, qdrant_url: str, seconds: int) -> bool:
    """Whether there was no error and all agrees at the end."""
    settings = prepare(folder, qdrant_url)
    with ServeProcess(settings, folder, *(("--workers", "2") if qdrant_url else ())) as server:
        errors = load(server.url, seconds)
    # The embedded index has one user at a time, so this comes when the server has stopped.
    checked = subprocess.run(
        [*COMMAND, "doctor", "--check"], cwd=folder, env=environment(settings), capture_output=True, text=True
    )
    print(next((line for line in checked.stdout.splitlines() if "agreement" in line), checked.stdout))
    print(f"pharos doctor --check: exit code {checked.returncode}")
    return errors == 0 and checked.returncode == 0


def load(url: str, seconds: int) -> int:
    """All clients at once; prints what they were answered, and how fast; returns the number of errors."""
    answers: Counter[str] = Counter()
    taken: dict[str, list[float]] = {}
    lock, end = threading.Lock(), time.monotonic() + seconds

    def client(number: int) -> None:
        draw = random.Random(number)
        with httpx.Client(base_url=url, timeout=60) as http:
            while time.monotonic() < end:
                kind, request = choose(http, draw, number)
                started = time.perf_counter()
                response = http.send(request)
                milliseconds = (time.perf_counter() - started) * 1000
                degraded = kind == "read" and response.is_success and response.json().get("degraded")
                with lock:
                    answers[f"{kind} {response.status_code}{' degraded' if degraded else ''}"] += 1
                    taken.setdefault(kind, []).append(milliseconds)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"{CLIENTS} clients, {seconds} s, {answers.total() / seconds:.0f} requests a second")
    for kind, count in sorted(answers.items()):
        print(f"  {kind:<24} {count:>7,}")
    for kind, values in sorted(taken.items()):
        print(f"  {kind:<16} median {np.median(values):6.1f} ms   95 % {np.percentile(values, 95):6.1f} ms")
    errors = sum(count for kind, count in answers.items() if kind.split()[-1] not in ("200", "201", "204", "404"))
    print(f"errors: {errors}")
    return errors


def choose(http: httpx.Client, draw: random.Random, number: int) -> tuple[str, httpx.Request]:
    """The next request: half of them read. Items are shared by all clients, so that they meet."""
    posted = f"posted {draw.randrange(200)}"
    user = some_user(draw)
    body = {"title": f"Item of {number}", "features": {"year": 2000 + number, "genres": ["g1"], "labels": ["l1"]}}
    match draw.choices(range(8), (30, 10, 10, 15, 15, 10, 5, 5))[0]:
        case 0:
            return "read", http.build_request("GET", f"/v1/users/{user}/recommendations")
        case 1:
            return "read", http.build_request("GET", f"/v1/items/{some_item(draw)}/similar")
        case 2:
            return "read", http.build_request("GET", "/v1/popular", params={"filter": "genres=g1"})
        case 3:
            event = {"user_id": user, "item_id": some_item(draw), "type": "rating", "value": draw.randrange(1, 6)}
            return "write event", http.build_request("POST", "/v1/events", json=[event])
        case 4:
            return "write item", http.build_request("PUT", f"/v1/items/{posted}", json=body)
        case 5:
            return "patch item", http.build_request(
                "PATCH", f"/v1/items/{posted}", json={"available": draw.random() < 0.5}
            )
        case 6:
            return "delete item", http.build_request("DELETE", f"/v1/items/{posted}")
        case _:
            method = draw.choice(("PUT", "DELETE"))
            return "ignore item", http.build_request(method, f"/v1/users/{user}/ignored/{some_item(draw)}")


if __name__ == "__main__":
    main()

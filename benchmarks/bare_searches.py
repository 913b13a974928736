"""How many recommendations a second the searches alone would allow, on a Qdrant server on the same cores.

What the pipeline posts to the server for 300 people is noted. Then processes post just that, one call after the other,
and parse the answers: no towers, no ranking, no HTTP of our own. No server that asks the same can be faster.

    python -m benchmarks.bare_searches
"""

import multiprocessing
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from unittest import mock

from benchmarks.catalogues import catalogue
from benchmarks.http_throughput import EVENTS, ITEMS, USERS, K
from benchmarks.served import engine
from benchmarks.serving_world import build
from pharos.indexing.server_http import JsonConnection
from pharos.serving.pipeline import Person, Selection
from pharos.serving.service import open_service
from pharos.serving.settings import Settings

PEOPLE, SECONDS = 300, 8.0
PROCESSES: Final = (1, 2, 4)
_WAIT: Final = 30.0

Calls = list[tuple[Any, ...]]


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, engine("server") as url:
        settings = Settings(data_dir=Path(folder), qdrant_url=url)
        build(settings, catalogue(ITEMS, USERS, EVENTS))
        noted = noted_calls(settings)
        for processes in PROCESSES:
            rate, cpu = posted(url, noted, processes)
            print(f"{processes} processes: {rate:.0f} a second, {cpu:.2f} ms of CPU in the client for each")


def noted_calls(settings: Settings) -> list[Calls]:
    """What is posted for each person, once the vectors of all items that are found are known."""
    found, post = list[Calls](), JsonConnection.post
    with open_service(settings) as service:
        for warm in (False, True):
            for number in range(PEOPLE):
                calls: Calls = []

                def noting(connection: JsonConnection, *call: Any, calls: Calls = calls) -> Any:
                    calls.append(call)
                    return post(connection, *call)

                with mock.patch.object(JsonConnection, "post", noting):
                    service.pipeline.recommend(Person(f"u{number}"), Selection(K))
                found += [calls] if warm else []
    return found


def posted(url: str, noted: Sequence[Calls], processes: int) -> tuple[float, float]:
    """People a second from so many processes, and the milliseconds of CPU that one of them takes for a person."""
    spawning = multiprocessing.get_context("spawn")
    answers = spawning.Queue()
    workers = [
        spawning.Process(target=_post, args=(url, noted[number::processes], answers)) for number in range(processes)
    ]
    for worker in workers:
        worker.start()
    done = [answers.get(timeout=SECONDS + _WAIT) for _ in workers]
    for worker in workers:
        worker.join()
    people = sum(count for count, _ in done)
    return people / SECONDS, 1000 * sum(cpu for _, cpu in done) / people


def _post(url: str, noted: Sequence[Calls], answers: Any) -> None:
    connection, count = JsonConnection(url, None, None, 5, 5), 0
    begun, until = time.process_time(), time.monotonic() + SECONDS
    while time.monotonic() < until:
        for call in noted[count % len(noted)]:
            connection.post(*call)
        count += 1
    answers.put((count, time.process_time() - begun))


if __name__ == "__main__":
    main()

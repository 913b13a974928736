"""Readers and writers for half an hour, a re-index every minute, one retraining, kills and outages: all stays flat.

One server process on the Qdrant server of the tests (`python -m tests.qdrant_binary` fetches it). The process is killed
and Qdrant is stopped at random moments of the first half; from the middle on, memory, file descriptors and disk are
compared with what they are at the end. No answer may be a 5xx while nothing is away, and with Qdrant away none but a
503 that says so; no acknowledged event may be lost. SOAK_SECONDS or --seconds for another time.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from benchmarks.served import Served, free_port
from benchmarks.serving_world import prepare, some_item, some_user, until_whole
from pharos.serving.parts import open_store
from pharos.serving.settings import Settings
from tests.qdrant_binary import fetch
from tests.qdrant_process import QdrantProcess
from tests.serve_process import COMMAND, environment

SECONDS, CLIENTS = 1800.0, 4
WRITE_SHARE, PAUSE_SECONDS = 0.3, 0.02
REINDEX_SECONDS, OUTAGE_SECONDS = 60.0, 5.0
KILLS, OUTAGES = 3, 3
GROWTH: Final = 1.10
"""What memory and disk may be at the end, as a multiple of what they were in the middle."""
MORE_FILES: Final = 16
_PAGE: Final = 10_000
_SERVER: Final = "the server"
_FIRST_STAMP: Final = 1_900_000_000
_LONGEST_JOB: Final = 300.0


@dataclass
class Seen:
    """What clients were answered. Safe with threads."""

    statuses: Counter[str] = field(default_factory=Counter)
    events: set[tuple[str, int]] = field(default_factory=set)
    troubles: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class Sample:
    """Of the server process: resident bytes and open files; of its data_dir: bytes on disk."""

    memory: int
    files: int
    disk: int

    def line(self) -> str:
        """For people."""
        return f"memory {self.memory / 1e6:,.0f} MB, {self.files} files open, disk {self.disk / 1e6:,.0f} MB"


def main() -> None:
    """Soak, print a line each minute; fails where anything failed, was lost or grew."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=float(os.environ.get("SOAK_SECONDS", SECONDS)))
    options.add_argument("--seed", type=int, default=int(os.environ.get("SOAK_SEED", "20")))
    chosen = options.parse_args()
    print(f"SOAK_SECONDS={chosen.seconds:.0f} SOAK_SEED={chosen.seed}", flush=True)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        qdrant = QdrantProcess(fetch())
        stack.callback(qdrant.remove)
        qdrant.start()
        given = prepare(Path(name), qdrant.url)
        served = stack.enter_context(Served(Settings.model_validate({**given, "port": free_port()})))
        served.start()
        good = Soak(given, served, qdrant, chosen.seconds, chosen.seed).run()
    sys.exit(0 if good else 1)


class Soak:
    """The clients, and all that goes on around them."""

    def __init__(self, given: dict[str, str], served: Served, qdrant: QdrantProcess, seconds: float, seed: int) -> None:
        self._given, self._served, self._qdrant = given, served, qdrant
        self._settings = Settings.model_validate(given)
        self._seconds, self._seed = seconds, seed
        self._random = random.Random(seed)
        self._seen, self._done = Seen(), threading.Event()
        self._stamp, self._away = _FIRST_STAMP, ""
        self._samples = list[tuple[float, Sample]]()
        self._started = time.monotonic()

    def run(self) -> bool:
        """Whether all that must hold does."""
        with self._clients():
            self._happen()
        self._served.stop()
        lost = self._lost()
        checked = subprocess.run(
            [*COMMAND, "doctor", "--check"], env=environment(self._given), capture_output=True, text=True
        )
        return self._report(lost, checked.returncode == 0)

    def _happen(self) -> None:
        """Each event at its time, a sample each minute or each tenth of the time."""
        half, every = self._seconds / 2, min(REINDEX_SECONDS, self._seconds / 10)
        plan = [(self._random.uniform(0, half), self._kill) for _ in range(KILLS)]
        plan += [(self._random.uniform(0, half), self._outage) for _ in range(OUTAGES)]
        plan += [(every * number, self._reindex) for number in range(1, int(self._seconds / every))]
        plan += [(half / 2, self._retrain)]
        plan += [(half + (half - 1) * part / 10, self._sample) for part in range(11)]
        for at, what in sorted(plan, key=lambda planned: planned[0]):
            time.sleep(max(0.0, self._started + at - time.monotonic()))
            what()

    @contextmanager
    def _clients(self) -> Iterator[None]:
        threads = [threading.Thread(target=self._client, args=(number,)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._done.set()
            for thread in threads:
                thread.join()

    def _client(self, number: int) -> None:
        draw = random.Random(self._seed + number)
        with httpx.Client(base_url=self._served.client.base_url, timeout=30) as http:
            while not self._done.wait(PAUSE_SECONDS):
                before = self._away
                kind, event = self._ask(http, draw)
                # What was asked while something went away or came back may be answered either way.
                away = _SERVER if _SERVER in (before, self._away) else before or self._away
                with self._seen.lock:
                    self._seen.statuses[f"{kind}{f' with {away} away' if away else ''}"] += 1
                    if event and kind == "200":
                        self._seen.events.add(event)
                    if is_wrong(kind, away):
                        self._seen.troubles.append(f"{kind} after {time.monotonic() - self._started:.0f} s")

    def _ask(self, http: httpx.Client, draw: random.Random) -> tuple[str, tuple[str, int] | None]:
        user, chance = some_user(draw), draw.random()
        try:
            if chance < WRITE_SHARE / 2:
                body = {"title": f"Written {draw.random()}", "features": {"year": 2000, "genres": ["g1"]}}
                return str(http.put(f"/v1/items/{some_item(draw)}", json=body).status_code), None
            if chance < WRITE_SHARE:
                with self._seen.lock:
                    self._stamp += 1
                    event = (user, self._stamp)
                sent = {"user_id": user, "item_id": some_item(draw), "type": "view", "timestamp": event[1]}
                return str(http.post("/v1/events", json=[sent]).status_code), event
            response = http.get(f"/v1/users/{user}/recommendations")
        except httpx.TransportError as error:
            return type(error).__name__, None
        degraded = response.is_success and response.json()["degraded"]
        return f"{response.status_code}{' degraded' if degraded else ''}", None

    def _kill(self) -> None:
        self._away = _SERVER
        self._served.kill()
        seconds = self._served.start()
        until_whole(str(self._served.client.base_url))
        self._away = ""
        self._tell(f"killed; ready again after {seconds:.1f} s")

    def _outage(self) -> None:
        self._away = "Qdrant"
        self._qdrant.stop()
        time.sleep(OUTAGE_SECONDS)
        self._qdrant.start()
        back = time.monotonic()
        whole = until_whole(str(self._served.client.base_url)) - back
        self._away = ""
        self._tell(f"Qdrant was away for {OUTAGE_SECONDS:.0f} s; full answers {whole:.1f} s after it came back")

    def _reindex(self) -> None:
        started = time.monotonic()
        # A retraining may be re-indexing itself.
        with suppress(httpx.HTTPStatusError):
            job = self._served.json("POST", "/v1/reindex", json={})
            while job["finished_at"] is None and time.monotonic() - started < _LONGEST_JOB:
                time.sleep(0.2)
                job = self._served.json("GET", f"/v1/jobs/{job['id']}")
            if job["state"] != "done":
                self._seen.troubles.append(f"re-index: {job}")
            self._tell(f"re-indexed in {time.monotonic() - started:.1f} s")

    def _retrain(self) -> None:
        done = subprocess.run(
            [*COMMAND, "retrain"], env=environment(self._given), capture_output=True, text=True, check=False
        )
        if done.returncode not in (0, 3):
            self._seen.troubles.append(f"retrain: {done.stderr[-500:]}")
        self._tell(f"retrained: {' '.join(done.stdout.split())}")

    def _sample(self) -> None:
        sample = Sample(*process_size(self._served.process_id), size_of(self._settings.data_dir))
        self._samples.append((time.monotonic() - self._started, sample))
        self._tell(sample.line())

    def _tell(self, text: str) -> None:
        print(f"{time.monotonic() - self._started:6.0f} s  {text}", flush=True)

    def _lost(self) -> int:
        # Not by histories or training data, which have the newest event alone of a person with an item.
        missing, last = set(self._seen.events), 0
        with open_store(self._settings) as store:
            while page := store.list_events(_PAGE, last):
                missing -= {(event.user_id, int(event.timestamp or 0)) for event in page}
                last = page[-1].number
        return len(missing)

    def _report(self, lost: int, agrees: bool) -> bool:
        first, last = self._samples[1][1], self._samples[-1][1]
        for kind, count in sorted(self._seen.statuses.items()):
            print(f"  {kind:<40} {count:>9,}")
        flat = {
            "memory": last.memory <= GROWTH * first.memory,
            "files": last.files <= first.files + MORE_FILES,
            "disk": last.disk <= GROWTH * first.disk,
        }
        print(f"middle: {first.line()}")
        print(f"end:    {last.line()}")
        for trouble in self._seen.troubles[:5]:
            print(f"  ! {trouble}")
        growing = ", ".join(name for name, is_flat in flat.items() if not is_flat)
        print(
            f"{self._seconds:.0f} s, seed {self._seed}: {len(self._seen.troubles)} failed, "
            f"{len(self._seen.events):,} events acknowledged, {lost} lost; store and index "
            f"{'agree' if agrees else 'DISAGREE'}; {f'GROWING: {growing}' if growing else 'all flat'}"
        )
        return agrees and not (self._seen.troubles or lost or growing)


def is_wrong(kind: str, away: str) -> bool:
    """Whether an answer should not have been, with nothing, Qdrant or the server away."""
    if away == _SERVER:
        return False
    if away:
        return not kind.startswith(("200", "201", "202", "503"))
    return kind not in {"200", "201", "202"}


def process_size(process: int) -> tuple[int, int]:
    """Resident bytes and open files of a process, as Linux tells them."""
    folder = Path("/proc") / str(process)
    pages = int((folder / "statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE"), len(list((folder / "fd").iterdir()))


def size_of(folder: Path) -> int:
    """Bytes on disk of all files below a folder."""
    total = 0
    for file in folder.rglob("*"):
        with suppress(FileNotFoundError):
            total += file.stat().st_blocks * 512
    return total


if __name__ == "__main__":
    main()

"""Re-indexing with another bundle, under 20 requests a second and with writes going on, on both engines.

10,000 items once; --items 50000 --rounds 10 for as many as are promised. Nothing may fail, no write may be lost, no
answer may be of two bundles, and the 99th percentile of a request may be at most three times what it was before. Times
count from when a request was due, so that none can hide behind another.
"""

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import numpy as np

from benchmarks.served import ENGINES, Served, engine, indexed, train_two
from pharos.serving.service import open_service
from pharos.serving.settings import Settings
from pharos.towers.bundle.bundle import bundle_ids

ITEMS, USERS, EVENTS, EPOCHS, ROUNDS = 10_000, 1_000, 60_000, 2, 1
PER_SECOND, WRITES_PER_SECOND, SECONDS_BEFORE, SECONDS_AFTER, ALLOWED = 20, 2, 30, 3, 3.0
_FIRST_YEAR: Final = 3000


@dataclass
class Load:
    """What was asked and how it went."""

    served: Served
    items: int
    milliseconds: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    mixed: list[str] = field(default_factory=list)
    bundles: set[str] = field(default_factory=set)

    def ask(self, number: int, due: float) -> None:
        """One request of a reader."""
        try:
            response = self.served.client.get(_path(number, self.items))
        except httpx.TransportError as error:
            self.failed.append(repr(error))
            return
        self.milliseconds.append((time.monotonic() - due) * 1000)
        answer = response.json()
        if response.status_code != 200 or answer["degraded"] or not answer["items"]:
            self.failed.append(response.text[:300])
        elif f"--{answer['bundle']}--" not in answer["collection"]:
            self.mixed.append(response.text[:300])
        else:
            self.bundles.add(answer["bundle"])


@dataclass
class Writes:
    """Items that were written and the answer came; None for those that were deleted."""

    served: Served
    items: int
    acknowledged: dict[str, float | None] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def write(self, number: int, _due: float) -> None:
        """A new item, a changed one, or one that goes: each third."""
        # Far from those that are asked for.
        known = number % (self.items // 2)
        item, year = f"i{known}" if number % 3 else f"new{number}", float(_FIRST_YEAR + number)
        body = {"title": f"Written {number}", "features": {"year": year, "genres": [f"g{number % 20}"]}}
        deleting = number % 3 == 2
        try:
            response = self.served.client.request(
                "DELETE" if deleting else "PUT", f"/v1/items/{item}", json=None if deleting else body
            )
        except httpx.TransportError as error:
            self.failed.append(repr(error))
            return
        if response.is_success:
            self.acknowledged[item] = None if deleting else year
        else:
            self.failed.append(response.text[:300])


def main() -> None:
    """Measure on each engine, or on those named."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("engines", nargs="*", choices=[*ENGINES, []])
    options.add_argument("--items", type=int, default=ITEMS)
    options.add_argument("--rounds", type=int, default=ROUNDS, help="on each engine")
    options.add_argument("--prepared", type=Path, help="a folder that keeps what was trained, for the next run")
    chosen, good = options.parse_args(), True
    with tempfile.TemporaryDirectory() as folder:
        prepared = chosen.prepared or Path(folder) / "prepared"
        if not bundle_ids(prepared / "bundles")[1:]:
            train_two(prepared, chosen.items, USERS, EVENTS, EPOCHS)
        for name in chosen.engines or ENGINES:
            with engine(name) as url:
                good &= measure(name, prepared, Path(folder) / name, url, chosen.items, chosen.rounds)
    sys.exit(0 if good else 1)


def measure(name: str, prepared: Path, folder: Path, url: str, items: int, rounds: int) -> bool:
    """Whether all that must hold does, on one engine; prints a line for each round."""
    first, second = bundle_ids(prepared / "bundles")
    settings, good = indexed(prepared, folder, url, first), True
    with Served(settings) as served:
        before, writes = Load(served, items), Writes(served, items)
        with writing(served, writes):
            paced_for(USERS / PER_SECOND + 10, Load(served, items).ask)  # everybody once, so that nothing is cold
            paced_for(SECONDS_BEFORE, before.ask)
            usual = float(np.percentile(before.milliseconds, 99))
            print(f"{name}: {items:,} items, {PER_SECOND} requests a second, 99th percentile {usual:.1f} ms before")
            for number in range(rounds):
                during = Load(served, items)
                job, took = reindexed(served, (second, first)[number % 2], during)
                good &= told(number + 1, during, job, took, usual)
    lost = lost_writes(settings, writes)
    failed = [*before.failed, *writes.failed]
    print(
        f"{name}: {len(writes.acknowledged):,} items written or deleted and acknowledged, {len(lost)} lost; failed "
        f"beside re-indexing {len(failed)}"
    )
    for trouble in [*failed[:3], *lost[:3]]:
        print(f"  ! {trouble}")
    return good and not (failed or lost)


def told(number: int, during: Load, job: Any, took: float, usual: float) -> bool:
    """Print one round; whether it went as it must."""
    ratio = float(np.percentile(during.milliseconds, 99)) / usual
    failed = [*during.failed, *([job["error"]] if job["error"] else [])]
    print(
        f"  round {number}: {took:.1f} s, {len(during.milliseconds):,} requests, failed {len(failed)}, mixed "
        f"{len(during.mixed)}, bundles that answered {len(during.bundles)}; 99th percentile {ratio * usual:.1f} ms, "
        f"{ratio:.2f} times that before",
        flush=True,
    )
    for trouble in [*failed[:3], *during.mixed[:3]]:
        print(f"  ! {trouble}")
    return not (failed or during.mixed) and ratio <= ALLOWED


@contextmanager
def writing(served: Served, writes: Writes) -> Iterator[None]:
    """A server that runs, and writes all the time."""
    served.start()
    stop = threading.Event()
    writer = threading.Thread(target=lambda: pace(WRITES_PER_SECOND, stop, writes.write, threads=2))
    writer.start()
    try:
        yield
    finally:
        stop.set()
        writer.join()
        served.stop()


def reindexed(served: Served, bundle: str, load: Load) -> tuple[Any, float]:
    """Re-index under load; the job at its end, and the seconds it took."""
    stop = threading.Event()
    asker = threading.Thread(target=lambda: pace(PER_SECOND, stop, load.ask))
    asker.start()
    started = time.monotonic()
    job = served.json("POST", "/v1/reindex", json={"bundle": bundle})
    while job["finished_at"] is None:
        time.sleep(0.2)
        job = served.json("GET", f"/v1/jobs/{job['id']}")
    took = time.monotonic() - started
    time.sleep(SECONDS_AFTER)
    stop.set()
    asker.join()
    return job, took


def paced_for(seconds: float, work: Callable[[int, float], None]) -> None:
    """Work at the pace of the readers for some seconds."""
    stop = threading.Event()
    timer = threading.Timer(seconds, stop.set)
    timer.start()
    pace(PER_SECOND, stop, work)


def pace(per_second: float, stop: threading.Event, work: Callable[[int, float], None], threads: int = 16) -> None:
    """Call `work` with a number and the time it is due, so many times a second, however long each takes."""
    started, number = time.monotonic(), 0
    with ThreadPoolExecutor(threads) as pool:
        while not stop.is_set():
            due = started + number / per_second
            time.sleep(max(0.0, due - time.monotonic()))
            pool.submit(work, number, due)
            number += 1


def lost_writes(settings: Settings, writes: Writes) -> list[str]:
    """The acknowledged writes that the store or the live collection does not hold, with the server stopped."""
    lost = []
    with open_service(settings) as service:
        records = service.store.items(list(writes.acknowledged))
        points = service.index.fetch(settings.alias, list(writes.acknowledged), with_vectors=())
        for item, year in writes.acknowledged.items():
            stored = records[item].features["year"] if item in records else None
            indexed_as = points[item].payload["year"] if item in points else None
            if not stored == indexed_as == year:
                lost.append(f"{item}: {year} was acknowledged, the store has {stored}, the index {indexed_as}")
        held, expected = service.index.count(settings.alias), service.store.counts().items
        if held != expected:
            lost.append(f"the index holds {held} items, the store {expected}")
    return lost


def _path(number: int, items: int) -> str:
    user, item = number * 7919 % USERS, items - 1 - number * 7907 % 1000  # far from those that are written
    match number % 5:
        case 0:
            return f"/v1/items/i{item}/similar"
        case 1:
            return f"/v1/users/u{user}/recommendations?filter=genres%3Dg{number % 20}"
        case _:
            return f"/v1/users/u{user}/recommendations"


if __name__ == "__main__":
    main()

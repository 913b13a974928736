"""A re-index of 10,000 items with a new bundle, under 20 requests a second and with writes going on, on both engines.

Nothing may fail, no write may be lost, no answer may be of two bundles, and the 99th percentile of a request may be at
most three times what it was before. Times count from when a request was due, so that none can hide behind another.
"""

import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import numpy as np

from benchmarks.served import ENGINES, Served, engine, indexed, train_two
from pharos.serving.service import open_service
from pharos.serving.settings import Settings
from pharos.towers.bundle.bundle import bundle_ids

ITEMS, USERS, EVENTS, EPOCHS = 10_000, 1_000, 60_000, 2
PER_SECOND, WRITES_PER_SECOND, SECONDS_BEFORE, SECONDS_AFTER, ALLOWED = 20, 2, 30, 3, 3.0
_FIRST_YEAR: Final = 3000


@dataclass
class Load:
    """What was asked and how it went."""

    served: Served
    milliseconds: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    mixed: list[str] = field(default_factory=list)
    bundles: set[str] = field(default_factory=set)

    def ask(self, number: int, due: float) -> None:
        """One request of a reader."""
        try:
            response = self.served.client.get(_path(number))
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
    acknowledged: dict[str, float | None] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def write(self, number: int, _due: float) -> None:
        """A new item, a changed one, or one that goes: each third."""
        item, year = f"i{number}" if number % 3 else f"new{number}", float(_FIRST_YEAR + number)
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
    names, good = sys.argv[1:] or ENGINES, True
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared"
        train_two(prepared, ITEMS, USERS, EVENTS, EPOCHS)
        for name in names:
            with engine(name) as url:
                good &= measure(name, prepared, Path(folder) / name, url)
    sys.exit(0 if good else 1)


def measure(name: str, prepared: Path, folder: Path, url: str) -> bool:
    """Whether all that must hold does, on one engine."""
    first, second = bundle_ids(prepared / "bundles")
    settings = indexed(prepared, folder, url, first)
    with Served(settings) as served:
        before, during, writes = Load(served), Load(served), Writes(served)
        job, took = loaded(served, second, before, during, writes)
    lost = lost_writes(settings, writes)
    slow_before, slow_during = (float(np.percentile(load.milliseconds, 99)) for load in (before, during))
    failed = [*before.failed, *during.failed, *writes.failed, *([job["error"]] if job["error"] else [])]
    print(f"{name}: {ITEMS:,} items re-indexed in {took:.1f} s, {PER_SECOND} requests a second meanwhile")
    print(f"  requests {len(before.milliseconds)} before, {len(during.milliseconds)} during; failed {len(failed)}")
    print(f"  writes acknowledged {len(writes.acknowledged)}, lost {len(lost)}; answers mixed {len(during.mixed)}")
    print(f"  bundles that answered: {', '.join(sorted(during.bundles))}")
    ratio = slow_during / slow_before
    print(f"  99th percentile {slow_before:.1f} ms before, {slow_during:.1f} ms during: {ratio:.2f} times")
    for trouble in [*failed[:3], *lost[:3], *during.mixed[:3]]:
        print(f"  ! {trouble}")
    return not (failed or lost or during.mixed) and ratio <= ALLOWED


def loaded(served: Served, bundle: str, before: Load, during: Load, writes: Writes) -> tuple[Any, float]:
    """Put the load on a server, before and during a re-index, with writes all the time; the job, and its seconds."""
    served.start()
    stop = threading.Event()
    writer = threading.Thread(target=lambda: pace(WRITES_PER_SECOND, stop, writes.write, threads=2))
    writer.start()
    try:
        paced_for(5, Load(served).ask)
        paced_for(SECONDS_BEFORE, before.ask)
        return reindexed(served, bundle, during)
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


def _path(number: int) -> str:
    user, item = number * 7919 % USERS, ITEMS - 1 - number * 7907 % 1000  # far from those that are written
    match number % 5:
        case 0:
            return f"/v1/items/i{item}/similar"
        case 1:
            return f"/v1/users/u{user}/recommendations?filter=genres%3Dg{number % 20}"
        case _:
            return f"/v1/users/u{user}/recommendations"


if __name__ == "__main__":
    main()

"""kill -9 at random moments of an import, an item write, an event write, a re-index and a switch, on both engines.

After each the next start must be ready within 20 seconds without a hand, serve the last good state, and have every
write that was acknowledged. Options: the count of kills of each kind (30), and the engines.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import httpx

from benchmarks.catalogues import catalogue
from benchmarks.served import ENGINES, ROOT, Served, engine, indexed, train_two
from pharos.ingest.export import export_dataset
from pharos.serving.service import open_service
from pharos.serving.settings import Settings
from pharos.towers.bundle.bundle import bundle_ids

ITEMS, USERS, EVENTS, EPOCHS = 1_500, 500, 20_000, 4
KILLS, READY_SECONDS, SEED = 30, 20.0, 7
_LATEST: Final = 50
_MOST_SECONDS: Final = {"import": 6.0, "item": 1.0, "event": 1.0, "reindex": 12.0, "switch": 3.0}


class Acknowledged:
    """Every write that was answered: the year of each item, the timestamps of each user's events with item i0."""

    def __init__(self) -> None:
        self.years: dict[str, float] = {}
        self.events: set[tuple[str, int]] = set()
        self._number = 0

    def write_items(self, served: Served, stop: threading.Event) -> None:
        """New items and changed ones in turn, until the server is gone."""
        while not stop.is_set():
            self._number += 1
            item, year = f"i{self._number % 50}" if self._number % 2 else f"n{self._number}", 3000.0 + self._number
            # What is under way when the server dies may be there or not.
            self.years.pop(item, None)
            body = {"title": f"Item {self._number}", "features": {"year": year, "genres": ["g1"]}}
            if served.client.put(f"/v1/items/{item}", json=body).is_success:
                self.years[item] = year

    def write_events(self, served: Served, stop: threading.Event) -> None:
        """Events of users with items, until the server is gone."""
        while not stop.is_set():
            self._number += 1
            user, stamp = f"u{self._number % USERS}", 1_900_000_000 + self._number
            event = {"user_id": user, "item_id": "i0", "type": "view", "timestamp": stamp}
            if served.client.post("/v1/events", json=[event]).is_success:
                self.events.add((user, stamp))

    def not_served(self, served: Served) -> list[str]:
        """What the server does not answer with, of the items that were written last: by the store, and by the index."""
        found = []
        for item, year in list(self.years.items())[-_LATEST:]:
            stored = served.json("GET", f"/v1/items/{item}")["features"].get("year")
            body = {"history": [{"item_id": f"i{ITEMS - 1}"}], "filter": {"year": {"gte": year, "lte": year}}, "k": 1}
            items = served.json("POST", "/v1/recommendations", json=body)["items"]
            answered = [(entry["item_id"], entry["source"]) for entry in items]
            if stored != year or answered != [(item, "personal")]:
                found.append(f"item {item}: {year} acknowledged, {stored} in the store; the index answers {answered}")
        return found

    def missing(self, settings: Settings) -> list[str]:
        """What is not there, with the server stopped."""
        found = []
        with open_service(settings) as service:
            records = service.store.items(list(self.years))
            points = service.index.fetch(settings.alias, list(self.years), with_vectors=())
            for item, year in self.years.items():
                stored = records[item].features["year"] if item in records else None
                held = points[item].payload["year"] if item in points else None
                if not stored == held == year:
                    found.append(f"item {item}: {year} acknowledged, {stored} in the store, {held} in the index")
            newest = {user: max(stamp for name, stamp in self.events if name == user) for user, _ in self.events}
            for user, stamp in newest.items():
                times = [event.timestamp for event in service.store.history(user, 1000) if event.item_id == "i0"]
                if not times or int(times[0] or 0) < stamp:
                    found.append(f"event of {user} at {stamp}: the store has {times}")
            count, expected = service.index.count(settings.alias), service.store.counts().items
            if count != expected:
                found.append(f"the index holds {count} items, the store {expected}")
        return found


def main() -> None:
    """Kill on each engine, or on those named."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("kills", nargs="?", type=int, default=KILLS, help="of each kind, on each engine")
    options.add_argument("engines", nargs="*", choices=[*ENGINES, []])
    options.add_argument("--seed", type=int, default=SEED)
    chosen = options.parse_args()
    names, troubles, slowest = chosen.engines or ENGINES, 0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared"
        train_two(prepared, ITEMS, USERS, EVENTS, EPOCHS)
        export_dataset(catalogue(ITEMS, USERS, EVENTS), Path(folder) / "data")
        for name in names:
            with engine(name) as url:
                settings = indexed(prepared, Path(folder) / name, url, bundle_ids(prepared / "bundles")[0])
                crashes = Crashes(name, settings, Path(folder) / "data", chosen.kills, chosen.seed)
                crashes.run()
                troubles, slowest = troubles + crashes.troubles, max(slowest, crashes.slowest)
    kinds = len(_MOST_SECONDS)
    print(
        f"{len(names) * kinds * chosen.kills} kills, seed {chosen.seed}: {troubles} lost or wrong, "
        f"ready again after at most {slowest:.1f} s"
    )
    sys.exit(1 if troubles or slowest > READY_SECONDS else 0)


class Crashes:
    """All the kills on one engine."""

    def __init__(self, name: str, settings: Settings, data: Path, kills: int, seed: int) -> None:
        self._name, self._settings, self._data, self._kills = name, settings, data, kills
        self._random = random.Random(seed)
        self.troubles, self.slowest = 0, 0.0
        self._served = Served(settings)
        self._acknowledged = Acknowledged()

    def run(self) -> None:
        """Kill in each kind of work; prints a line for each kind. See `troubles` and `slowest` then."""
        kinds: dict[str, Callable[[float], None]] = {
            "import": self._import,
            "item": lambda after: self._while_served(after, self._acknowledged.write_items),
            "event": lambda after: self._while_served(after, self._acknowledged.write_events),
            "reindex": lambda after: self._while_served(after, self._reindex),
            "switch": lambda after: self._while_served(after, self._switch),
        }
        with self._served:
            self._served.start()
            for kind, attempt in kinds.items():
                self._kill_in(kind, attempt)

    def _kill_in(self, kind: str, attempt: Callable[[float], None]) -> None:
        seconds, troubles = list[float](), list[str]()
        for _ in range(self._kills):
            attempt(self._random.uniform(0, _MOST_SECONDS[kind]))
            seconds.append(self._served.start())
            troubles += self._troubles()
        self._served.kill()
        troubles += self._acknowledged.missing(self._settings)
        self._served.start()
        slowest, kept = max(seconds), self._acknowledged
        print(
            f"{self._name}: {self._kills} kills in {kind}: ready again after at most {slowest:.1f} s, "
            f"{len(kept.years)} items and {len(kept.events)} events kept, {len(troubles)} troubles",
            flush=True,
        )
        for trouble in troubles[:3]:
            print(f"  ! {trouble}")
        self.troubles, self.slowest = self.troubles + len(troubles), max(self.slowest, slowest)

    def _import(self, after: float) -> None:
        """Kill an import. The server is stopped meanwhile, as the next start is what counts."""
        self._served.stop()
        environment = {**os.environ, "PHAROS_DATA_DIR": str(self._settings.data_dir)}
        command = [sys.executable, "-m", "pharos", "import", str(self._data)]
        with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL) as process:
            with suppress(subprocess.TimeoutExpired):
                process.wait(after)
            process.kill()

    def _while_served(self, after: float, work: Callable[[Served, threading.Event], None]) -> None:
        stop = threading.Event()

        def until_gone() -> None:
            with suppress(httpx.TransportError):
                work(self._served, stop)

        worker = threading.Thread(target=until_gone)
        worker.start()
        time.sleep(after)
        self._served.kill()
        stop.set()
        worker.join()

    def _reindex(self, served: Served, stop: threading.Event) -> None:
        """Re-index with one bundle after the other, with writes going on."""
        served.client.post("/v1/reindex", json={"bundle": self._random.choice(self._bundles())})
        self._acknowledged.write_items(served, stop)

    def _switch(self, served: Served, stop: threading.Event) -> None:
        """Roll back and forth, each of which is a switch, with writes going on."""
        writer = Served(self._settings)

        def write() -> None:
            with suppress(httpx.TransportError):
                self._acknowledged.write_items(writer, stop)

        thread = threading.Thread(target=write)
        thread.start()
        try:
            while not stop.is_set():
                served.client.post("/v1/rollback")
        finally:
            thread.join()

    def _bundles(self) -> list[str]:
        return bundle_ids(self._settings.bundles_dir)

    def _troubles(self) -> list[str]:
        """What is wrong with the server that was just started."""
        answer = self._served.json("GET", "/v1/users/u1/recommendations")
        troubles = [f"degraded: {answer['degraded_reason']}"] if answer["degraded"] or not answer["items"] else []
        return troubles + self._acknowledged.not_served(self._served)


if __name__ == "__main__":
    main()

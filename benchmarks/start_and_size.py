"""How long Pharos takes to start, and how much memory a server holds, with 10,000 items that have texts.

The server is a process of its own, as `pharos serve` starts it, on the embedded engine. Its memory is read after
requests of every kind, among them an item of new text and a search by meaning, for which the text model is loaded.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.catalogues import catalogue
from benchmarks.item_writes import body, with_texts
from benchmarks.machine import resident_mb
from benchmarks.measurement import Bar, Measurement, Options, table
from benchmarks.served import Served, free_port
from benchmarks.serving_world import build
from pharos.serving.settings import Settings
from pharos.towers.settings import TrainingSettings

ITEMS, USERS, EVENTS, REQUESTS = 10_000, 1_000, 60_000, 400
HELPS, STARTS, QUESTIONS = 20, 5, 5
HELP_SECONDS, READY_SECONDS, QUESTION_SECONDS, MEGABYTES = 0.3, 5.0, 2.0, 700.0
BATCH = 100


def main() -> None:
    """Measure, with the data folder given or one made for it, and print."""
    found = measure_in(Path(sys.argv[1])) if len(sys.argv) > 1 else measure(Options())
    print(table([("start_and_size", one) for one in found]))


def measure(_options: Options) -> list[Measurement]:
    """Build, then start servers and ask."""
    with tempfile.TemporaryDirectory() as folder:
        data = with_texts(catalogue(ITEMS, USERS, EVENTS), np.random.default_rng(0))
        build(Settings(data_dir=Path(folder)), data, TrainingSettings(max_epochs=2))
        return measure_in(Path(folder))


def measure_in(folder: Path) -> list[Measurement]:
    """All figures of a data folder whose bundle has a text model."""
    helps = [_seconds("--help") for _ in range(HELPS)]
    found = [Measurement.of("pharos --help", "s", helps, bar=Bar(of="median", limit=HELP_SECONDS))]
    for name, words in {"recommend": ("recommend", "--user", "u1"), "search": ("search", "a secret island")}.items():
        asked = [_seconds(*words, data_dir=folder) for _ in range(QUESTIONS)]
        bar = Bar(of="median", limit=QUESTION_SECONDS)
        found.append(Measurement.of(f"pharos {name}", "s", asked, bar=bar, note="a process of its own, no server"))
    return [*found, *_server(folder)]


def _server(folder: Path) -> list[Measurement]:
    """Seconds until a server is ready, and what it holds as it is used more."""
    ready, sizes = list[float](), dict[str, float]()
    for number in range(STARTS):
        settings = Settings(data_dir=folder, port=free_port())
        with Served(settings) as served:
            ready.append(served.start())
            if number == STARTS - 1:
                sizes = _sizes(served)
            served.stop()
    bar = Bar(of="median", limit=READY_SECONDS)
    return [
        Measurement.of("server ready", "s", ready, bar=bar, note="from the start of the process until /readyz"),
        *(
            Measurement.of(f"server's memory {when}", "MB", [size], bar=Bar(of="median", limit=MEGABYTES))
            for when, size in sizes.items()
        ),
    ]


def _sizes(served: Served) -> dict[str, float]:
    """Resident memory by what was asked so far."""
    random, sizes = np.random.default_rng(2), {"at the start": resident_mb(served.process_id)}
    for number in range(REQUESTS):
        served.json("GET", f"/v1/users/u{number % USERS}/recommendations")
    sizes[f"after {REQUESTS} requests"] = resident_mb(served.process_id)
    served.json("GET", "/v1/search", params={"q": "a secret island"})
    for number in range(BATCH):
        served.json("PUT", f"/v1/items/made-{number}", json=body(random, number))
    sizes["with the text model, after a search and 100 new texts"] = resident_mb(served.process_id)
    for number in range(BATCH):
        served.json("GET", f"/v1/items/i{number}/similar")
    sizes["after similar items too"] = resident_mb(served.process_id)
    for number in range(BATCH):
        served.client.delete(f"/v1/items/made-{number}").raise_for_status()
    return sizes


def _seconds(*words: str, data_dir: Path | None = None) -> float:
    """How long the command takes, from the start of its process to the end."""
    environment = {**os.environ, **({"PHAROS_DATA_DIR": str(data_dir)} if data_dir else {})}
    command: Sequence[str] = [str(Path(sys.executable).parent / "pharos"), *words]
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()

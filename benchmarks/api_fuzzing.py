"""Thousands of generated requests: none is answered with a 5xx, and memory is flat.

Most are made from the API's own description, and each answer must be as described; a fifth are bytes of all kinds that
are no good request (malformed HTTP, odd headers, text that is no UTF-8, deep and broken JSON).
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import httpx

from benchmarks.serving_world import prepare
from benchmarks.soak import GROWTH, process_size
from tests.api_cases import Outcome, try_out
from tests.raw_requests import send_raw
from tests.serve_process import ServeProcess

SHOWN, PARTS, RAW_SHARE = 20, 5, 0.2


def main() -> None:
    """Prepare, send, print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cases", type=int, default=5000)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with ServeProcess(prepare(folder), folder) as server:
            good = fuzz(server, chosen.cases, chosen.seed)
    sys.exit(0 if good else 1)


def fuzz(server: ServeProcess, cases: int, seed: int) -> bool:
    """Send a fifth to find out what memory is usual, then all; print; whether all was as it must be."""
    paths = httpx.get(f"{server.url}/openapi.json").raise_for_status().json()["paths"]
    operations = sum(len(path) for path in paths.values())
    outcome, raw, failures, usual = Outcome(), Counter[str](), list[str](), 0
    raw_cases = int(cases * RAW_SHARE)
    started, first = time.monotonic(), process_size(server.process_id)[0]
    # What takes no parameters has few cases, so that one round comes short. In parts, so that both kinds take turns.
    part = 0
    while (missing := cases - raw_cases - outcome.operations.total()) > 0 or raw.total() < raw_cases:
        if missing > 0:
            wanted = min(missing, max(operations, (cases - raw_cases) // PARTS))
            outcome += try_out(server.url, 2 * -(-wanted // (2 * operations)), seeded=seed + part)
        answers, wrong = send_raw(server.port, min(raw_cases - raw.total(), max(1, raw_cases // PARTS)), seed + part)
        raw.update(answers)
        failures += wrong
        part += 1
        usual = usual or process_size(server.process_id)[0]
    last = process_size(server.process_id)[0]
    alive = httpx.get(f"{server.url}/readyz").status_code == 200
    report(outcome, raw, failures)
    sent = outcome.operations.total() + raw.total()
    errors = len(failures) + sum(count for status, count in outcome.statuses.items() if status >= 500)
    print(
        f"{sent:,} requests in {time.monotonic() - started:.0f} s, seed {seed}: {errors} of 5xx, "
        f"{len(outcome.failures)} not as described; memory {first / 1e6:.0f} MB at the start, {usual / 1e6:.0f} MB "
        f"after the first of {part} parts, {last / 1e6:.0f} MB at the end; {'ready' if alive else 'NOT READY'}"
    )
    return alive and not errors and not outcome.failures and last <= GROWTH * usual


def report(outcome: Outcome, raw: Counter[str], failures: list[str]) -> None:
    """What was answered to which kind of request."""
    print(f"{outcome.operations.total():,} cases of {len(outcome.operations)} operations")
    print("by status: " + ", ".join(f"{status} {count:,}" for status, count in sorted(outcome.statuses.items())))
    print(
        f"{raw.total():,} requests as bytes: " + ", ".join(f"{kind} {count:,}" for kind, count in sorted(raw.items()))
    )
    for failure in [*outcome.failures[:SHOWN], *failures[:SHOWN]]:
        print(f"  {failure}")


if __name__ == "__main__":
    main()

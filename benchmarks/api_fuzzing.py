"""Thousands of requests made from the API's own description: none may fail, each answer must be as described."""

import argparse
import tempfile
from pathlib import Path

import httpx

from benchmarks.serving_world import prepare
from tests.api_cases import Outcome, try_out
from tests.serve_process import ServeProcess

SHOWN = 20


def main() -> None:
    """Prepare, send, print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cases", type=int, default=5000)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with ServeProcess(prepare(folder), folder) as server:
            paths = httpx.get(f"{server.url}/openapi.json").raise_for_status().json()["paths"]
            operations = sum(len(path) for path in paths.values())
            outcome, seed = Outcome(), chosen.seed
            # What takes no parameters has few cases, so that one round comes short.
            while outcome.operations.total() < chosen.cases:
                missing = chosen.cases - outcome.operations.total()
                outcome += try_out(server.url, 2 * -(-missing // (2 * operations)), seeded=seed)
                seed += 1
    print(f"{outcome.operations.total():,} cases of {len(outcome.operations)} operations")
    print("by status: " + ", ".join(f"{status} {count:,}" for status, count in sorted(outcome.statuses.items())))
    print(f"5xx: {sum(count for status, count in outcome.statuses.items() if status >= 500)}")
    print(f"answers that are not as described: {len(outcome.failures)}")
    for failure in outcome.failures[:SHOWN]:
        print(f"  {failure}")


if __name__ == "__main__":
    main()

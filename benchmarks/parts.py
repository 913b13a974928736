"""The parts of `make bench`, in the order in which they run.

A part is a module with a function `measure(options) -> list[Measurement]`. One more line here makes it part of all.
"""

import importlib
from typing import Final

from benchmarks.measurement import Measurement, Options

PARTS: Final = (
    "request_path",
    "http_throughput",
    "ranking_latency",
    "start_and_size",
    "cataloguing",
    "vector_search",
    "training_speed",
    "synthetic",
    "item_writes",
)


def run(name: str, options: Options) -> list[Measurement]:
    """Run one part."""
    found: list[Measurement] = importlib.import_module(f"benchmarks.{name}").measure(options)
    return found

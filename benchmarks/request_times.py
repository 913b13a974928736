"""One recommendation in the process beside its bare calls: the figures that `request_path` prints, for `make bench`."""

import re
import subprocess
import sys
from typing import Final

from benchmarks.measurement import Bar, Measurement, Options

_LINE: Final = re.compile(
    r"diversity (?P<diversity>[\d.]+): ours median (?P<median>[\d.]+) ms, 95 % (?P<p95>[\d.]+), 99 % (?P<p99>[\d.]+); "
    r"floor median (?P<floor>[\d.]+) ms; ratio [\d.]+ \(at most (?P<bar>[\d.]+)"
)


def measure(_options: Options) -> list[Measurement]:
    """Run it in a process of its own and read its lines."""
    from benchmarks.request_path import REQUESTS

    command = [sys.executable, "-m", "benchmarks.request_path"]
    lines = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    found = [match.groupdict() for match in _LINE.finditer(lines)]
    if not found:
        raise RuntimeError(f"benchmarks.request_path printed no figures:\n{lines[-2000:]}")
    return [
        Measurement(
            name="a recommendation" + (f", diversity {one['diversity']}" if float(one["diversity"]) else ""),
            unit="ms",
            runs=REQUESTS,
            median=float(one["median"]),
            p95=float(one["p95"]),
            p99=float(one["p99"]),
            floor=float(one["floor"]),
            bar=Bar(of="ratio", limit=float(one["bar"])),
        )
        for one in found
    ]

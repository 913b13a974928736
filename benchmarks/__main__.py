"""Measures speed and size: one part after the other, a table, and benchmarks/results.json.

    python -m benchmarks                          # all parts
    python -m benchmarks vector_search cataloguing --size 100k
    python -m benchmarks --data DATA              # a data set of one's own, where a part can use one

Each part runs in a process of its own, so that none has the memory or the threads of another. Ends with 1 where a part
fails; a bar that is missed is no failure, since machines differ.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from benchmarks.machine import machine
from benchmarks.measurement import SIZES, Measurement, Options, table
from benchmarks.parts import PARTS, run
from pharos.ingest.errors import PharosError

RESULTS: Final = Path(__file__).parent / "results.json"
_SECONDS: Final = 3600


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all by default")
    parser.add_argument("--size", choices=SIZES, default="10k", help="of the made-up catalogue")
    parser.add_argument("--data", default="", help="a data set, for the parts that can use one")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the JSON file to write")
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)  # a single part, in its own process
    given = parser.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"there is no part {sorted(unknown)[0]!r}; there are {', '.join(PARTS)}")
    if given.into is not None:
        try:
            measured = run(given.parts[0], Options(SIZES[given.size], given.data))
        except PharosError as error:
            sys.exit(f"{given.parts[0]}: {error}")
        given.into.write_text(json.dumps([one.model_dump() for one in measured]), "utf-8")
        return
    sys.exit(measure_all(given.parts or list(PARTS), given.size, given.data, given.out))


def measure_all(parts: list[str], size: str, data: str, out: Path) -> int:
    """Run parts, print the table and write the file; returns the exit code."""
    begin, started = machine(), time.monotonic()
    measured, failed, seconds = list[tuple[str, Measurement]](), list[str](), dict[str, float]()
    for number, part in enumerate(parts, 1):
        print(f"== {part} ({number} of {len(parts)})", flush=True)
        at = time.monotonic()
        found = _in_own_process(part, size, data)
        seconds[part] = round(time.monotonic() - at, 1)
        if found is None:
            failed.append(part)
        else:
            measured += [(part, one) for one in found]
            print(table([(part, one) for one in found]), flush=True)
        # After each part, so that what was measured is not lost where somebody stops the rest.
        report = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "size": size,
            "data": Path(data).name or None,
            "machine": begin,
            "seconds": seconds,
            "failed": failed,
            "measurements": [{"part": part, **one.model_dump()} for part, one in measured],
        }
        out.write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    _summary(measured, failed, time.monotonic() - started)
    print(out)
    return 1 if failed else 0


def _summary(measured: list[tuple[str, Measurement]], failed: list[str], seconds: float) -> None:
    held = [one for _, one in measured if one.missed_by is not None]
    good = sum(1 for one in held if not one.missed_by)
    print(f"\n== All of it, {seconds / 60:.1f} minutes: {good} of {len(held)} bars hold")
    print(table(measured))
    for part in failed:
        print(f"{part}: FAILED, see above")


def _in_own_process(part: str, size: str, data: str) -> list[Measurement] | None:
    """The measurements of a part; None where it failed."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "measured.json"
        command = [sys.executable, "-m", "benchmarks", part, "--size", size, "--into", str(file)]
        try:
            ran = subprocess.run([*command, *(["--data", data] if data else [])], check=False, timeout=_SECONDS)
        except subprocess.TimeoutExpired:
            print(f"{part}: stopped after {_SECONDS // 60} minutes", file=sys.stderr)
            return None
        if ran.returncode or not file.exists():
            return None
        found: list[dict[str, Any]] = json.loads(file.read_text("utf-8"))
    return [Measurement.model_validate(_without_computed(one)) for one in found]


def _without_computed(one: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in one.items() if name in Measurement.model_fields}


if __name__ == "__main__":
    main()

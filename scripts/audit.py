"""Look known weaknesses of all locked packages up, but for those that a file excuses: `make audit`.

Arguments: the program pip-audit, the file of exceptions, and the locks. Ends with 1 where a weakness is known and not
excused, or the file is wrong; with 2 where nothing could be looked up, as without a network.
"""

import datetime as dt
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

_FIELDS: Final = {"id": str, "package": str, "reason": str, "until": dt.date}


def main() -> int:
    """Look the packages of each lock up; the exit code."""
    program, exceptions, *locks = sys.argv[1:]
    try:
        excused = list(read_exceptions(Path(exceptions), dt.datetime.now(dt.UTC).date()))
    except ValueError as error:
        return _say(f"{exceptions}: {error}", 1)
    return max(look_up(program, lock, excused) for lock in locks)


def read_exceptions(path: Path, today: dt.date) -> Iterator[str]:
    """The ids that are excused today. Raises ValueError for an entry that is not complete, or whose day is over."""
    for number, entry in enumerate(tomllib.loads(path.read_text(encoding="utf-8")).get("exceptions", []), start=1):
        _check(entry, number)
        if entry["until"] < today:
            raise ValueError(f"the exception for {entry['id']} ended on {entry['until']}: mend it, or judge it anew")
        yield entry["id"]


def look_up(program: str, lock: str, excused: Sequence[str]) -> int:
    """Look one lock up, say what is known, and return the exit code."""
    ignored = [argument for id in excused for argument in ("--ignore-vuln", id)]
    command = [program, "--requirement", lock, "--disable-pip", "--require-hashes", "--format", "json", *ignored]
    done = subprocess.run([*command, "--progress-spinner", "off"], capture_output=True, text=True, check=False)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        last = (done.stderr.strip().splitlines() or [f"pip-audit ended with code {done.returncode}"])[-1]
        return _say(f"{lock}: nothing could be looked up, is there a network? {last[:200]}", 2)
    weak = [
        f"{package['name']} {package['version']}: {weakness['id']}, mended in: {', '.join(weakness['fix_versions'])}"
        for package in packages
        for weakness in package.get("vulns", ())
    ]
    if weak:
        return _say("\n  ".join([f"{lock}: {len(weak)} known weaknesses", *weak]), 1)
    # pip-audit itself takes what it did not find for sound.
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    if skipped or not packages:
        what = f"{len(skipped)} of {len(packages)} packages, such as {skipped[0]}," if skipped else "what it names"
        return _say(f"{lock}: {what} could not be looked up, is the package index the public one?", 2)
    return _say(f"{lock}: {len(packages)} packages, no known weakness but the {len(excused)} excused", 0)


def _say(text: str, code: int) -> int:
    (sys.stderr if code else sys.stdout).write(f"{text}\n")
    return code


def _check(entry: Any, number: int) -> None:
    if not isinstance(entry, dict) or set(entry) != set(_FIELDS):
        raise ValueError(f"exception {number} needs {', '.join(_FIELDS)}, and nothing else")
    for name, kind in _FIELDS.items():
        if not isinstance(entry[name], kind) or not str(entry[name]).strip():
            raise ValueError(f"exception {number}: {name} is {entry[name]!r}; allowed: a {kind.__name__}")


if __name__ == "__main__":
    sys.exit(main())

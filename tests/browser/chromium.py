"""Headless Chromium for scripts that use the page: the system's own, driven by Playwright.

Playwright and axe-core come from npm by the hashes of the lock beside this file, and stay in `.cache/browser`.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

_HERE: Final = Path(__file__).parent
_CACHE: Final = _HERE.parents[1] / ".cache" / "browser"
_CHROMIUM: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_LEAST_NODE: Final = 20
_FETCH_SECONDS: Final = 300


class Missing(Exception):
    """Something that is needed is not here; the message says what to do about it."""


@dataclass(frozen=True)
class Browser:
    """The programs to run scripts with: paths of Node and of Chromium."""

    node: str
    chromium: str

    @classmethod
    def found(cls) -> Self:
        """Those of this machine, with what npm brings. Raises Missing."""
        given = os.environ.get("CHROMIUM", "")
        if given and not shutil.which(given):
            raise Missing(f"CHROMIUM is {given!r}, and there is no such program")
        chromium = given or _found(_CHROMIUM, "chromium", "or set CHROMIUM to the path of any Chromium or Chrome")
        node = _found(["node"], "nodejs", f"version {_LEAST_NODE} or later")
        written = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
        version = re.match(r"v(\d+)", written)
        if version is None or int(version[1]) < _LEAST_NODE:
            raise Missing(f"{node} is Node {written or '?'}; version {_LEAST_NODE} or later is needed")
        _fetch(_found(["npm"], "npm"))
        return cls(node, chromium)

    def run(self, script: Path, told: Mapping[str, str], *options: str, capture: bool = False) -> tuple[int, str]:
        """Run a script that imports Playwright; returns its exit code and, where it is captured, what it printed.

        told: variables for it. CHROMIUM is the path to launch.
        """
        # It finds its packages by where it lies.
        copy = _CACHE / script.name
        shutil.copyfile(script, copy)
        done = subprocess.run(
            [self.node, *options, str(copy)],
            env={**os.environ, **told, "CHROMIUM": self.chromium},
            stdout=subprocess.PIPE if capture else None,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout or ""


def _found(names: Sequence[str], package: str, more: str = "") -> str:
    for name in names:
        path = shutil.which(name)
        if path:
            return path
    looked = f" (looked for {', '.join(names)})" if len(names) > 1 else ""
    hint = f"on Debian and Ubuntu: sudo apt-get install {package}"
    raise Missing(f"{names[0]} is not installed{looked}; {hint}{f'; {more}' if more else ''}")


def _fetch(npm: str) -> None:
    """Bring what the lock names into the cache, unless it is there."""
    _CACHE.mkdir(parents=True, exist_ok=True)
    lock = (_HERE / "package-lock.json").read_bytes()
    installed = _CACHE / "installed-lock.json"
    if installed.exists() and installed.read_bytes() == lock:
        return
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(_HERE / name, _CACHE / name)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    try:
        subprocess.run(command, cwd=_CACHE, check=True, timeout=_FETCH_SECONDS)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise Missing(f"npm could not fetch Playwright and axe-core: {error}; is its registry within reach?") from error
    installed.write_bytes(lock)

"""Serves a small made-up catalogue and runs the tests of `page.test.mjs` against it in headless Chromium.

Playwright and axe-core come from npm by the hashes of the lock beside this file, and stay in `.cache/browser`. Where
npm, Node or Chromium is missing the tests are skipped, and under CI that is a failure.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from pharos.serving.operations.keys import hash_of, make_key
from pharos.serving.operations.reindex import reindex
from pharos.serving.parts import open_store
from pharos.serving.settings import Settings
from pharos.towers.progress import Silent
from pharos.training import train
from tests.serve_process import ServeProcess
from tests.serving import world
from tests.serving.conftest import QUICK

_HERE: Final = Path(__file__).parent
_CACHE: Final = _HERE.parents[1] / ".cache" / "browser"
_CHROMIUM: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FETCH_SECONDS: Final = 300


class Missing(Exception):
    """Something that the tests need is not here; the message says what to do about it."""


def main() -> int:
    """The exit code."""
    try:
        chromium, node = _found(*_CHROMIUM), _found("node")
        _fetch(_found("npm"))
    except Missing as missing:
        sys.stderr.write(f"browser tests skipped: {missing}\n")
        return 1 if os.environ.get("CI") else 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("open", "guarded", "profile"):
            (folder / part).mkdir()
        _make(folder / "open" / "data")
        shutil.copytree(folder / "open" / "data", folder / "guarded" / "data")
        read, admin = make_key(), make_key()
        keys = f'{{"read": ["{hash_of(read.encode())}"], "admin": ["{hash_of(admin.encode())}"]}}'
        with (
            ServeProcess({"data_dir": str(folder / "open" / "data")}, folder / "open") as server,
            ServeProcess(
                {"data_dir": str(folder / "guarded" / "data"), "api_keys": keys}, folder / "guarded"
            ) as guarded,
        ):
            told = {"PAGE": server.url, "GUARDED": guarded.url, "KEY": admin, "LESS": read, "CHROMIUM": chromium}
            tests = _CACHE / "page.test.mjs"
            shutil.copyfile(_HERE / "page.test.mjs", tests)
            command = [node, "--test", "--test-reporter=spec", str(tests)]
            return subprocess.run(command, env={**os.environ, **told}, check=False).returncode


def _found(*names: str) -> str:
    for name in names:
        path = shutil.which(name)
        if path:
            return path
    raise Missing(f"{names[0]} is not installed (on Debian: apt-get install chromium nodejs npm)")


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
        raise Missing(f"npm could not fetch Playwright and axe-core: {error}") from error
    installed.write_bytes(lock)


def _make(data: Path) -> None:
    """A trained, imported and indexed catalogue."""
    settings = Settings(data_dir=data)
    train(world.dataset(), QUICK, bundles=settings.bundles_dir, text_cache=settings.texts_dir, progress=Silent())
    with open_store(settings) as store:
        store.import_dataset(world.dataset())
    reindex(settings, None, Silent())


if __name__ == "__main__":
    sys.exit(main())

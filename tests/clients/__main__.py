"""Generates a Python client and TypeScript types from a running server's description, and uses both against it.

What is needed comes by the hashes of the two locks beside this file, and stays in `.cache/clients`. Where pip cannot
fetch it the tests are skipped, and where npm or Node is missing those of TypeScript; under CI both are a failure.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
import venv
from collections.abc import Mapping
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
_CACHE: Final = _HERE.parents[1] / ".cache" / "clients"
_PYTHON: Final = _CACHE / "venv" / ("Scripts" if os.name == "nt" else "bin")
_NODE_MODULES: Final = _CACHE / "npm" / "node_modules"
_SECONDS: Final = 600
# What a request leaves out gets its default, so that its type is optional.
_AS_SENT: Final = "--default-non-nullable=false"
_STRICT: Final = (
    "--strict",
    "--target",
    "es2022",
    "--module",
    "es2022",
    "--moduleResolution",
    "bundler",
    "--skipLibCheck",
)


class Missing(Exception):
    """Something that the tests need is not here; the message says what to do about it."""


def main() -> int:
    """The exit code."""
    missing = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            _fetch_python()
        except Missing as reason:
            return _skipped([str(reason)])
        try:
            _fetch_npm()
        except Missing as reason:
            missing.append(str(reason))
        _make(folder / "data")
        key = make_key()
        keys = f'{{"admin": ["{hash_of(key.encode())}"]}}'
        given = {"data_dir": str(folder / "data"), "api_keys": keys, "open_reading": "true"}
        with ServeProcess(given, folder) as server:
            told = {"SERVER": server.url, "KEY": key}
            with urllib.request.urlopen(f"{server.url}/openapi.json", timeout=60) as answer:
                (folder / "openapi.json").write_bytes(answer.read())
            try:
                _python_client(folder, told)
                if not missing:
                    _typescript(folder, told)
            except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
                sys.stderr.write(f"tests of generated clients failed: {error}\n")
                return 1
    return _skipped(missing) if missing else 0


def _python_client(folder: Path, told: Mapping[str, str]) -> None:
    _run([_PYTHON / "python", "-m", "openapi_spec_validator", "openapi.json"], folder)
    generate = [_PYTHON / "openapi-python-client", "generate", "--path", "openapi.json", "--fail-on-warning"]
    _run([*generate, "--meta", "none", "--output-path", "pharos_api"], folder)
    shutil.copyfile(_HERE / "use_client.py", folder / "use_client.py")
    _run([_PYTHON / "python", "use_client.py"], folder, told)
    print("The Python client works.", flush=True)  # noqa: T201  # a program of its own


def _typescript(folder: Path, told: Mapping[str, str]) -> None:
    tools = _NODE_MODULES / ".bin"
    _run([tools / "openapi-typescript", "openapi.json", "-o", "api.ts", _AS_SENT], folder)
    shutil.copyfile(_HERE / "use_types.ts", folder / "use_types.ts")
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    _run([tools / "tsc", *_STRICT, "use_types.ts"], folder)
    _run(["node", "use_types.js"], folder, told)
    print("The TypeScript types fit.", flush=True)  # noqa: T201


def _run(command: list[str | Path], folder: Path, variables: Mapping[str, str] | None = None) -> None:
    path = f"{_PYTHON}{os.pathsep}{os.environ.get('PATH', '')}"  # the generator formats with ruff, by its name
    own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"PATH": path}
    subprocess.run(
        [str(word) for word in command], cwd=folder, env={**own, **(variables or {})}, check=True, timeout=_SECONDS
    )


def _skipped(reasons: list[str]) -> int:
    for reason in reasons:
        sys.stderr.write(f"tests of generated clients skipped: {reason}\n")
    return 1 if os.environ.get("CI") else 0


def _fetch_python() -> None:
    """Make the environment that the lock describes, unless it is there."""
    lock, installed = (_HERE / "requirements.lock").read_bytes(), _CACHE / "installed.lock"
    if installed.exists() and installed.read_bytes() == lock:
        return
    venv.create(_PYTHON.parent, with_pip=True, clear=True)
    command = [_PYTHON / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps"]
    try:
        _run([*command, "--require-hashes", "-r", _HERE / "requirements.lock"], _CACHE)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise Missing(f"pip could not fetch what tests/clients/requirements.lock names: {error}") from error
    installed.write_bytes(lock)


def _fetch_npm() -> None:
    """Bring what the lock names into the cache, unless it is there."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise Missing("node and npm are not installed (on Debian: apt-get install nodejs npm)")
    lock, installed = (_HERE / "package-lock.json").read_bytes(), _CACHE / "installed-lock.json"
    if installed.exists() and installed.read_bytes() == lock:
        return
    folder = _NODE_MODULES.parent
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(_HERE / name, folder / name)
    try:
        _run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], folder)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise Missing(f"npm could not fetch openapi-typescript: {error}") from error
    installed.write_bytes(lock)


def _make(data: Path) -> None:
    """A trained, imported and indexed catalogue."""
    settings = Settings(data_dir=data)
    quick = QUICK.model_copy(update={"text_model": ""})
    train(world.dataset(), quick, bundles=settings.bundles_dir, text_cache=settings.texts_dir, progress=Silent())
    with open_store(settings) as store:
        store.import_dataset(world.dataset())
    reindex(settings, None, Silent())


if __name__ == "__main__":
    sys.exit(main())

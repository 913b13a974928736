"""Runs the machine's own PostgreSQL for tests: unprivileged, on loopback, with a cluster of its own."""

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Final

_START_SECONDS: Final = 60
_UNPRIVILEGED: Final = "nobody"
# Where Debian and others keep them, beside the search path.
_FOLDERS: Final = ("/usr/lib/postgresql", "/usr/pgsql", "/usr/local/pgsql", "/opt/homebrew/opt/postgresql")


class PostgresqlMissing(Exception):
    """There is no PostgreSQL here; the message says so, for people."""


class PostgresqlProcess:
    """One cluster in a temporary folder. Raises PostgresqlMissing.

    Text sorts as people sort it, which is not the order of the bytes, so that nothing relies on that unknowingly.
    """

    def __init__(self) -> None:
        self._binaries = find()
        # Not pytest's temporary folder, which only its owner may enter.
        self._folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
        if os.geteuid() == 0:
            shutil.chown(self._folder, _UNPRIVILEGED, "nogroup")
        self._data = self._folder / "data"
        self._port = _free_port()
        self.url = f"postgresql://pharos@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        """Make the cluster and wait until it answers."""
        locale = ["--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en"]
        self._run("initdb", f"--pgdata={self._data}", "--username=pharos", "--auth=trust", "--no-sync", *locale)
        options = (
            f"-p {self._port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self._folder} "
            "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
        )
        log = self._folder / "log"
        self._run("pg_ctl", "start", "--wait", f"--pgdata={self._data}", f"--log={log}", f"--options={options}")

    def remove(self) -> None:
        """End the server and delete its data."""
        if (self._data / "postmaster.pid").exists():
            self._run("pg_ctl", "stop", "--wait", "--mode=immediate", f"--pgdata={self._data}")
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        command = [*_drop_privileges(), str(self._binaries / program), *arguments]
        # Into a file: the server keeps what it was given open, and a pipe would never end.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                command, cwd=self._folder, stdout=output, stderr=subprocess.STDOUT, timeout=_START_SECONDS, check=False
            )
            output.seek(0)
            if done.returncode:
                raise RuntimeError(f"{program} failed: {output.read().decode(errors='replace')[-1000:]}")


def find() -> Path:
    """The folder of initdb, pg_ctl and postgres. Raises PostgresqlMissing."""
    for folder in _FOLDERS:
        for found in sorted(Path(folder).glob("**/bin/initdb"), reverse=True):
            return found.parent
    on_path = shutil.which("initdb")
    if on_path is None:
        raise PostgresqlMissing("PostgreSQL's server (initdb, pg_ctl) is not installed; on Debian: postgresql-15")
    return Path(on_path).resolve().parent


def _drop_privileges() -> list[str]:
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise RuntimeError("setpriv (util-linux) is needed to run PostgreSQL without root's rights, as it insists")
    return [setpriv, f"--reuid={_UNPRIVILEGED}", "--regid=nogroup", "--clear-groups", "--no-new-privs", "--"]


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])

"""The address of the running server that has the embedded index open, in a small file beside the index's lock.

Only one process at a time can have that index open, so another one that wants to know something has to ask it.
"""

import json
import os
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pharos.ingest.durable_files import write_durably

if TYPE_CHECKING:
    import uvicorn

_FILE: Final = "server.json"
_STARTUP_FAILURE: Final = 3  # as uvicorn has it
_EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # what is bound, and where it can be asked


def address_of(index_dir: Path, process: str) -> str | None:
    """The address of this server; None if this process is none, or does not listen yet.

    process: the number of the process that holds the lock. What another process left behind, as after a crash, is not
    taken for its address.
    """
    try:
        told = json.loads((index_dir / _FILE).read_text("utf-8"))
        return str(told["url"]) if str(told["process"]) == process else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def run_published(config: "uvicorn.Config", index_dir: Path) -> None:
    """Run a server in this process, as `uvicorn.run` does, and publish its address beside the index's lock."""
    import uvicorn  # half a second that commands which only look for a server need not spend

    file = index_dir / _FILE

    class PublishingServer(uvicorn.Server):
        """A server that publishes its address while it accepts connections."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            """See `uvicorn.Server`."""
            await super().startup(sockets)
            if self.started:
                url = _url(*self.servers[0].sockets[0].getsockname()[:2], secure=self.config.is_ssl)
                write_durably(file, json.dumps({"url": url, "process": os.getpid()}))

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            """See `uvicorn.Server`."""
            with suppress(OSError):
                file.unlink(missing_ok=True)
            await super().shutdown(sockets)

    server = PublishingServer(config)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(_STARTUP_FAILURE)


def _url(host: str, port: int, *, secure: bool) -> str:
    host = _EVERYWHERE.get(host, host)
    return f"{'https' if secure else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"

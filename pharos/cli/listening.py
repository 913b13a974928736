"""The address of a server: whether its port is free, and when it accepts connections."""

import errno
import socket
import threading
import time
from typing import Final

from pharos.serving.errors import SettingsError

_PAUSE_SECONDS: Final = 0.1
_LOCAL: Final = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}
_HIGHEST: Final = 65_535


def free_port(host: str, port: int) -> int:
    """The port, if it is free; any free port for 0.

    Raises SettingsError where another process has it, or the address is not one of this machine.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as tried:
            # As the server does: a port whose last connections are still being closed is free.
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(address)
            return int(tried.getsockname()[1])
    except PermissionError:
        raise SettingsError(
            f"only the administrator may listen on port {port}; take one above 1023: --port 8000"
        ) from None
    except OSError as error:
        if isinstance(error, socket.gaierror) or error.errno != errno.EADDRINUSE:
            raise SettingsError(f"{host}:{port} cannot be listened on: {error.strerror}; correct --host") from None
        other = port + 1 if port < _HIGHEST else port - 1
        raise SettingsError(
            f"port {port} of {host} is taken by another process; stop that one, or take another port: --port {other}"
        ) from None


def announce(host: str, port: int) -> None:
    """Print the address as soon as the server accepts connections. Returns at once."""
    shown = f"[{host}]" if ":" in host else host
    line = f"Pharos at http://{shown}:{port}/ and its API at /docs; stop with Ctrl-C"
    threading.Thread(target=_announce, args=(_LOCAL.get(host, host), port, line), daemon=True).start()


def _announce(host: str, port: int, line: str) -> None:
    while True:
        try:
            with socket.create_connection((host, port), timeout=1):
                print(line, flush=True)
                return
        except OSError:
            time.sleep(_PAUSE_SECONDS)

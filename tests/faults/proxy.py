"""A network that fails: a TCP proxy in front of a server, which passes, delays, swallows or resets."""

import socket
import struct
import threading
import time
from contextlib import suppress
from enum import Enum
from typing import Final, Self

_CHUNK: Final = 65_536
_POLL_SECONDS: Final = 0.05


class Mode(Enum):
    """What becomes of bytes: passed at once, passed late, taken and never answered, or the connection is reset."""

    PASS = "pass"
    SLOW = "slow"
    SWALLOW = "swallow"
    RESET = "reset"


class Proxy:
    """Listens on a free port of this machine, or the one that is given, for a server on another.

    A connection of which something was swallowed is dead: it is reset when the network is well again, as a host does
    that is asked on a connection that it does not know. seconds: the delay of each part in the mode `slow`.
    """

    def __init__(self, target: int, *, port: int = 0, seconds: float = 3.0) -> None:
        self._target = target
        self._seconds = seconds
        self._mode = Mode.PASS
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._dead: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", port), backlog=256)
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._listener.close()
        self._reset_all()

    def set(self, mode: Mode) -> None:
        """From now on."""
        with self._lock:
            self._mode = mode
        if mode is Mode.RESET:
            self._reset_all()
        elif mode is Mode.PASS:
            for dead in list(self._dead):
                _reset(dead)
            self._dead.clear()

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._mode is Mode.RESET:
                _reset(client)
                continue
            server = socket.create_connection(("127.0.0.1", self._target))
            for sock in (client, server):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._pairs.add((client, server))
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(_CHUNK):
                if self._mode is Mode.SLOW:
                    time.sleep(self._seconds)
                if self._mode is Mode.SWALLOW or source in self._dead:
                    self._dead.update((source, sink))
                    continue
                sink.sendall(data)
        if source not in self._dead:
            with suppress(OSError):
                sink.shutdown(socket.SHUT_WR)

    def _reset_all(self) -> None:
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            for sock in pair:
                _reset(sock)


def _reset(sock: socket.socket) -> None:
    """End a connection with RST instead of FIN."""
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.shutdown(socket.SHUT_RD)
    with suppress(OSError):
        sock.close()

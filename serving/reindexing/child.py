"""The process that builds a collection for another one: see `building.ChildBuild`."""

import os
import sys
import threading
from typing import Final

from pharos.indexing.errors import VectorIndexError
from pharos.serving.errors import ServingError
from pharos.serving.reindexing.building import Fresh, Message, Order, build_here
from pharos.serving.reindexing.phases import Phase
from pharos.serving.service import open_index, open_store
from pharos.serving.settings import load_settings
from pharos.towers.bundle.bundle import Bundle
from pharos.towers.errors import TowersError

_PRIORITY: Final = 15
_STDIN: Final = 0


def main() -> None:
    """Read the order, build, and tell how it goes."""
    if hasattr(os, "nice"):
        os.nice(_PRIORITY)
    order = Order.model_validate_json(_first_line())
    threading.Thread(target=_die_with_parent, daemon=True).start()
    try:
        fresh = _build(order)
    except (ServingError, VectorIndexError, TowersError, OSError) as error:
        _say(Message(error=str(error)))
        sys.exit(1)
    # Only now, with the index closed, can another process take the collection over.
    _say(Message(fresh=fresh))


def _build(order: Order) -> Fresh:
    settings = load_settings(**order.settings)
    with open_store(settings) as store, open_index(settings, order.folder) as index:
        bundle = Bundle.load(settings.bundles_dir / order.bundle, settings.texts_dir)
        return build_here(store, index, bundle, order.alias, _report)


def _report(phase: Phase, done: int = 0, total: int = 0) -> None:
    _say(Message(phase=phase, done=done, total=total))


def _say(message: Message) -> None:
    sys.stdout.write(message.model_dump_json() + "\n")
    sys.stdout.flush()


def _first_line() -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        read = os.read(_STDIN, 1)
        if not read:
            break
        line += read
    return line


def _die_with_parent() -> None:
    """The other process never closes this end, so an end of it is the end of that process."""
    while os.read(_STDIN, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()

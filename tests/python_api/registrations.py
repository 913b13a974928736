"""Own encoders, peers and steps are registered for a whole process: tests put that back as it was."""

from collections.abc import Iterator
from contextlib import contextmanager

from pharos import registry
from pharos.evaluation.peers import own as own_peers
from pharos.towers.features.encoders import own as own_encoders

REGISTRIES = (own_encoders._OWN, own_peers._PEERS, own_peers._RATING_PEERS, registry._STEPS)


@contextmanager
def registrations_put_back() -> Iterator[None]:
    """What is registered or removed meanwhile is undone at the end."""
    before = [dict(registered) for registered in REGISTRIES]
    try:
        yield
    finally:
        for registered, kept in zip(REGISTRIES, before, strict=True):
            registered.clear()
            registered.update(kept)

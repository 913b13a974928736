"""The consistency check of `pharos doctor --check`: store against index, events against event counts."""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from pharos.indexing.build import payloads
from pharos.indexing.payload import REVISION
from pharos.serving.index_sync.live_index import Generation
from pharos.serving.service import Service
from pharos.serving.store import Store

_BATCH: Final = 1000
_CASES: Final = 5
_PAUSE: Final = 2.0
# Of a store that is written to.
LOOKS: Final = 3
# Some units in the last place of a float64.
_ROUNDING: Final = 1e-14


def disagreements(service: Service, looks: int = 1, pause: float = _PAUSE) -> Iterator[str]:
    """Each disagreement as a sentence with examples.

    looks: where the store and the index disagree, so often at most all is compared again, `pause` seconds later, and
    only what disagrees each time is told: what is written meanwhile is in the store a moment before it is in the index.
    Raises NotReady where nothing is live, and what the store, the index and the bundle raise.
    """
    for part, live in service.live_parts().items():
        found = _compared(service, live.current())
        for _ in range(looks - 1):
            if not found:
                break
            time.sleep(pause)
            found = found.lasting(_compared(service, live.current()))
        yield from (sentence if part == "live" else f"{part}: {sentence}" for sentence in found.sentences())


def miscounted(store: Store) -> Iterator[str]:
    """Disagreements between the stored event counts of items and their events, as `disagreements`."""
    yield from _sentence(store.miscounted(), "items have event counts that differ from their events")


@dataclass(frozen=True)
class _Found:
    """What disagrees, as item ids in the order of their revisions. unknown: points of no item that there ever was.

    revisions: those of the items in the store when they were compared.
    """

    missing: list[str]
    outdated: list[str]
    different: list[str]
    remaining: list[str]
    unknown: int
    revisions: dict[str, int]

    def __bool__(self) -> bool:
        return bool(self.missing or self.outdated or self.different or self.remaining or self.unknown)

    def lasting(self, later: Self) -> "_Found":
        """What disagrees later, too, though nobody has written to it since. It may do so in another way each time."""
        wrong = {*self.missing, *self.outdated, *self.different, *self.remaining}
        before = {item_id for item_id in wrong if self.revisions[item_id] == later.revisions.get(item_id)}
        return _Found(
            [item_id for item_id in later.missing if item_id in before],
            [item_id for item_id in later.outdated if item_id in before],
            [item_id for item_id in later.different if item_id in before],
            [item_id for item_id in later.remaining if item_id in before],
            min(self.unknown, later.unknown),
            later.revisions,
        )

    def sentences(self) -> Iterator[str]:
        """One for each kind."""
        yield from _sentence(self.missing, "items are not in the index")
        yield from _sentence(self.outdated, "items are indexed at another revision")
        yield from _sentence(self.different, "items have another payload in the index than in the store")
        yield from _sentence(self.remaining, "items are deleted, and still in the index")
        if self.unknown:
            yield f"{self.unknown:,} points of the index are of items that the store never had"


def _compared(service: Service, generation: Generation) -> _Found:
    found = _Found([], [], [], [], 0, {})
    held, since = set[str](), 0
    while changes := service.store.changes_since(since, _BATCH):
        since = changes[-1].revision
        points = service.index.fetch(generation.collection, [change.item_id for change in changes], with_vectors=())
        held.update(points)
        found.revisions.update((change.item_id, change.revision) for change in changes)
        found.remaining.extend(
            change.item_id for change in changes if change.record is None and change.item_id in points
        )
        records = [change.record for change in changes if change.record is not None]
        wanted = payloads(generation.bundle, service.store.frame_of(records)) if records else []
        for record, payload in zip(records, wanted, strict=True):
            point = points.get(record.item_id)
            if point is None:
                found.missing.append(record.item_id)
            elif point.payload.get(REVISION) != record.revision:
                found.outdated.append(record.item_id)
            elif not _same(point.payload, {name: value for name, value in payload.items() if value is not None}):
                found.different.append(record.item_id)
    return replace(found, unknown=max(0, service.index.count(generation.collection) - len(held)))


def _sentence(item_ids: Sequence[str], what: str) -> Iterator[str]:
    if item_ids:
        cases = ", ".join(repr(item_id) for item_id in item_ids[:_CASES])
        yield f"{len(item_ids):,} {what}: {cases}{', …' if len(item_ids) > _CASES else ''}"


def _same(held: Any, wanted: Any) -> bool:
    """Whether two JSON values are equal, apart from the last digits of floats: an engine's parser may round them."""
    if isinstance(held, dict) and isinstance(wanted, dict):
        return held.keys() == wanted.keys() and all(_same(held[name], wanted[name]) for name in held)
    if isinstance(held, list) and isinstance(wanted, list):
        return len(held) == len(wanted) and all(map(_same, held, wanted))
    if isinstance(held, float) or isinstance(wanted, float):
        numbers = (int, float)
        return (
            isinstance(held, numbers) and isinstance(wanted, numbers) and math.isclose(held, wanted, rel_tol=_ROUNDING)
        )
    return bool(held == wanted)

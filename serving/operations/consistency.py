"""The consistency check of `pharos doctor --check`: store against index, events against event counts."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final

from pharos.indexing.build import payloads
from pharos.indexing.payload import REVISION
from pharos.serving.index_sync.live_index import Generation
from pharos.serving.service import Service
from pharos.serving.store import Store

_BATCH: Final = 1000
_CASES: Final = 5
# Some units in the last place of a float64.
_ROUNDING: Final = 1e-14


def disagreements(service: Service) -> Iterator[str]:
    """Each disagreement as a sentence with examples. Nothing may write meanwhile.

    Raises NotReady where nothing is live, and what the store, the index and the bundle raise.
    """
    for part, live in service.live_parts().items():
        found = _disagreements(service, live.current())
        yield from (sentence if part == "live" else f"{part}: {sentence}" for sentence in found)


def miscounted(store: Store) -> Iterator[str]:
    """Disagreements between the stored event counts of items and their events, as `disagreements`."""
    yield from _sentence(store.miscounted(), "items have event counts that differ from their events")


def _disagreements(service: Service, generation: Generation) -> Iterator[str]:
    missing: list[str] = []
    outdated: list[str] = []
    different: list[str] = []
    remaining: list[str] = []
    found, since = 0, 0
    while changes := service.store.changes_since(since, _BATCH):
        since = changes[-1].revision
        points = service.index.fetch(generation.collection, [change.item_id for change in changes], with_vectors=())
        found += len(points)
        remaining += [change.item_id for change in changes if change.record is None and change.item_id in points]
        records = [change.record for change in changes if change.record is not None]
        wanted = payloads(generation.bundle, service.store.frame_of(records)) if records else []
        for record, payload in zip(records, wanted, strict=True):
            point = points.get(record.item_id)
            if point is None:
                missing.append(record.item_id)
            elif point.payload.get(REVISION) != record.revision:
                outdated.append(record.item_id)
            elif not _same(point.payload, {name: value for name, value in payload.items() if value is not None}):
                different.append(record.item_id)
    unknown = service.index.count(generation.collection) - found
    yield from _sentence(missing, "items are not in the index")
    yield from _sentence(outdated, "items are indexed at another revision")
    yield from _sentence(different, "items have another payload in the index than in the store")
    yield from _sentence(remaining, "items are deleted, and still in the index")
    if unknown:
        yield f"{unknown:,} points of the index are of items that the store never had"


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

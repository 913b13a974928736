"""Brings a collection to where the store is: changes are replayed in the order of their revisions."""

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from indexing.build import points
from indexing.errors import VerificationFailed
from indexing.index import VectorIndex
from serving.errors import NotReady
from serving.live import Generation, Live
from serving.reindexing.phases import Phase, Report
from serving.store import Change, Store
from towers.bundle import Bundle

_BATCH: Final = 256

_Changes: TypeAlias = Callable[[int, int], Sequence[Change]]


def require_features(store: Store, bundle: Bundle) -> None:
    """Raise NotReady where the bundle reads features that the store's items do not have."""
    known = {feature.name for feature in store.schema().items}
    absent = [feature.name for feature in bundle.schema.items if feature.name not in known]
    if absent:
        raise NotReady(
            "bundle",
            f"the bundle {bundle.id!r} reads features that the store does not know: {', '.join(absent)}; "
            "train one with `pharos train --from-store`",
        )


def replay(store: Store, index: VectorIndex, generation: Generation, since: int, report: Report) -> int:
    """Apply to the generation's collection what changed in the store after a revision, until there is no more of it.

    Replaying a change twice does no harm, and one that happens while this goes on is met before the end. Returns the
    revision that was reached.
    """
    require_features(store, generation.bundle)
    return _replay(store, index, generation, since, store.changes_since, report)


def go_live(store: Store, index: VectorIndex, live: Live, generation: Generation, since: int, report: Report) -> None:
    """Bring a collection up to date, hold its count against the store's, and let the alias point to it.

    since: the revision up to which it has every change. The last changes, the count and the switch happen while no
    writer can commit, so that no change falls in between. Raises VerificationFailed, and the alias stays where it was.
    """
    reached = replay(store, index, generation, since, report)
    store.follow(generation.collection, reached)
    report(Phase.SWITCHING)
    with store.halted() as halted:
        # No report here: to keep it, the store would have to be written to.
        reached = _replay(store, index, generation, reached, halted.changes_since, lambda *_: None)
        held, expected = index.count(generation.collection), halted.item_count()
        if held != expected:
            problem = f"it holds {held} items and the store {expected}, with every change replayed"
            raise VerificationFailed(generation.collection, [problem])
        halted.follow(generation.collection, reached)
        live.switch(generation)


def _replay(
    store: Store, index: VectorIndex, generation: Generation, since: int, changes_since: _Changes, report: Report
) -> int:
    done = 0
    while changes := changes_since(since, _BATCH):
        changed = [change.record for change in changes if change.record is not None]
        if changed:
            index.upsert(generation.collection, points(generation.bundle, store.frame_of(changed)))
        index.delete(generation.collection, [change.item_id for change in changes if change.record is None])
        since = changes[-1].revision
        done += len(changes)
        report(Phase.CATCHING_UP, done)
        if len(changes) < _BATCH:
            break
    return since

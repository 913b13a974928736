"""Brings a collection to where the store is: changes are replayed in the order of their revisions."""

from collections.abc import Callable
from typing import TypeAlias

from pharos.indexing.errors import VerificationFailed
from pharos.indexing.index import VectorIndex
from pharos.serving import following
from pharos.serving.live import Generation, Live
from pharos.serving.reindexing.phases import Phase, Report
from pharos.serving.store import Change, Store

_Changes: TypeAlias = Callable[[int, int], list[Change]]


def replay(store: Store, index: VectorIndex, generation: Generation, since: int, report: Report) -> int:
    """Apply to the generation's collection what changed in the store after a revision, until there is no more of it.

    Replaying a change twice does no harm, and one that happens while this goes on is met before the end. Returns the
    revision that was reached.
    """
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
    def told(done: int) -> None:
        report(Phase.CATCHING_UP, done)

    return following.replay(changes_since, store, index, generation, since, None, told)

"""Switches the alias to a new collection without losing a change."""

from collections.abc import Callable

from pharos.indexing.errors import VerificationFailed
from pharos.indexing.index import VectorIndex
from pharos.serving.index_sync.job_progress import Phase, ReportPhase
from pharos.serving.index_sync.live_index import Generation, LiveIndex
from pharos.serving.index_sync.sync import sync_changes
from pharos.serving.store import Store


def cut_over(
    store: Store,
    index: VectorIndex,
    live: LiveIndex,
    generation: Generation,
    since: int,
    report: ReportPhase,
    check_lock: Callable[[], None],
) -> None:
    """Sync a collection, compare its item count with the store's, and switch the alias to it.

    since: the revision up to which it is in sync already. Writers go on during the first sync. The last changes, the
    count and the switch happen while no writer can commit, so that no change falls in between. check_lock: raises
    StoreError if another process may be re-indexing, too. Raises that and VerificationFailed, and the alias stays
    where it was.
    """

    def synced(done: int) -> None:
        report(Phase.SYNCING, done)

    reached = sync_changes(store.changes_since, store, index, generation, since, None, synced)
    index.persist(generation.collection)
    store.set_synced(generation.collection, reached)
    report(Phase.SWITCHING)
    with store.halted() as halted:
        # No progress is reported here, since that would write to the store.
        reached = sync_changes(halted.changes_since, store, index, generation, reached, None, lambda _: None)
        held, expected = index.count(generation.collection), halted.item_count()
        if held != expected:
            problem = f"it holds {held} items and the store {expected}, with every change synced"
            raise VerificationFailed(generation.collection, [problem])
        index.persist(generation.collection)
        halted.set_synced(generation.collection, reached)
        check_lock()
        live.switch(generation)

"""Applies changes in the order of their revisions."""

from collections.abc import Callable
from typing import Final

from pharos.indexing.index import VectorIndex
from pharos.serving.following.application import apply
from pharos.serving.live import Generation
from pharos.serving.store import Change, Store

_BATCH: Final = 256


def replay(
    changes_since: Callable[[int, int], list[Change]],
    store: Store,
    index: VectorIndex,
    generation: Generation,
    since: int,
    until: int | None,
    report: Callable[[int], None],
) -> int:
    """Apply the changes after revision `since` to the generation's collection, up to `until` or until there are none.

    report: told how many are done; what it raises ends the work. Returns the revision that was reached.
    """
    done = 0
    while changes := changes_since(since, _BATCH):
        changes = [change for change in changes if until is None or change.revision <= until]
        if not changes:
            break
        apply(store, index, lambda: generation, [change.item_id for change in changes])
        since = changes[-1].revision
        done += len(changes)
        report(done)
    return since

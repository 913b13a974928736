"""Builds a collection from the store and makes it live: what `pharos index` does."""

from pathlib import Path

from indexing.build import BuildResult, build, prune
from serving.errors import NotReady
from serving.service import open_index, open_store
from serving.settings import Settings
from towers.bundle import Bundle, bundle_ids
from towers.progress import Progress


def reindex(settings: Settings, bundle_id: str | None, progress: Progress) -> BuildResult:
    """Encode all items of the store with a bundle, verify the new collection, switch to it.

    bundle_id: the newest bundle if None. The collection that was live is kept; older ones are dropped. Raises NotReady
    for an empty store or a missing bundle, and what the bundle, the store and the index raise.
    """
    folder = _bundle_folder(settings.bundles_dir, bundle_id)
    with open_store(settings) as store, open_index(settings) as index:
        count = store.counts().items
        if not count:
            raise NotReady("store", "the store holds no items; load a data set with `pharos import`")
        bundle = Bundle.load(folder, settings.texts_dir)
        progress.say(f"Indexing {count:,} items with bundle {bundle.id}")
        with progress.task("Indexing", count) as task:
            done = 0

            def advance(total: int) -> None:
                nonlocal done
                task.advance(total - done)
                done = total

            result = build(index, bundle, store.item_frames(), alias=settings.alias, progress=advance)
        prune(index, settings.alias)
    return result


def _bundle_folder(bundles: Path, bundle_id: str | None) -> Path:
    known = bundle_ids(bundles)
    if not known:
        raise NotReady("bundle", f"there is no bundle in {bundles}; make one with `pharos train`")
    if bundle_id is not None and bundle_id not in known:
        raise NotReady("bundle", f"there is no bundle {bundle_id!r} in {bundles}; there are {', '.join(known)}")
    return bundles / (bundle_id or known[-1])

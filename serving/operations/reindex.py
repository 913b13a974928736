"""Re-indexing without a server, for `pharos index`."""

from pharos.indexing.build import BuildResult
from pharos.indexing.folder_lock import FolderLocked
from pharos.serving.errors import Conflict, SettingsError
from pharos.serving.service import open_service
from pharos.serving.settings import Settings
from pharos.serving.store import Job
from pharos.towers.progress import Progress


def reindex(settings: Settings, bundle_id: str | None, progress: Progress, variant: str | None = None) -> BuildResult:
    """Encode all items of the store with a bundle, verify the new collection, and switch to it.

    bundle_id: the newest bundle if None. variant: of several in the settings; the first if None. What was live is kept;
    older collections are dropped. Raises NotReady for an empty store or no bundle, UnknownBundle, SettingsError for an
    unknown variant, Conflict where another process is re-indexing or has the embedded index open, and what the bundle,
    the store and the index raise.
    """
    if variant is not None and variant not in settings.variants:
        known = ", ".join(settings.variants) or "none: no variants are set"
        raise SettingsError(f"there is no variant {variant!r}; there are {known}")
    try:
        with open_service(settings) as service, progress.task("Indexing", service.store.counts().items) as task:
            shown = 0

            def watch(job: Job) -> None:
                nonlocal shown
                task.note(job.phase)
                if job.done > shown:
                    task.advance(job.done - shown)
                    shown = job.done

            return service.reindexer.run(bundle_id, watch, variant)
    except FolderLocked as locked:
        raise _in_use(settings, locked) from locked


def live_bundle(settings: Settings) -> str:
    """The id of the live bundle. Raises NotReady if there is none, Conflict if a server has the index open."""
    try:
        with open_service(settings) as service:
            return service.live.current().bundle.id
    except FolderLocked as locked:
        raise _in_use(settings, locked) from locked


def _in_use(settings: Settings, locked: FolderLocked) -> Conflict:
    return Conflict(
        f"process {locked.process} has the index in {settings.index_dir} open. If it is a server, let it re-index: "
        f"curl -X POST http://{settings.host}:{settings.port}/v1/reindex; otherwise stop it first"
    )

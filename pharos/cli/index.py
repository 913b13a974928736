"""pharos index."""

from typing import Annotated

import typer


def index(
    bundle: Annotated[str | None, typer.Option(metavar="ID", help="The bundle to use; by default the newest.")] = None,
    variant: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of several variants, the one to index; by default the first.")
    ] = None,
) -> None:
    """Push the item vectors into Qdrant, verify them and go live."""
    from pharos.cli.progress import terminal_progress
    from pharos.indexing.folder_lock import FolderLocked
    from pharos.serving.errors import Conflict
    from pharos.serving.operations.reindex import reindex
    from pharos.serving.settings import load_settings

    settings, progress = load_settings(), terminal_progress()
    try:
        result = reindex(settings, bundle, progress, variant)
    except Conflict as conflict:
        if not isinstance(conflict.__cause__, FolderLocked):
            raise
        from pharos.cli import running_server

        server = running_server.find_server(settings, conflict.__cause__)
        job = running_server.reindex(server, bundle, variant, progress)
        print(f"live: {job['collection']}")
        print(f"{job['total']:,} items, by the server at {server.url}")
        return
    print(f"live: {result.collection}")
    print(f"{result.count:,} items in {result.seconds:.1f} s, recall against exact search {result.recall:.3f}")

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
    from pharos.serving.operations.reindex import reindex
    from pharos.serving.settings import load_settings

    result = reindex(load_settings(), bundle, terminal_progress(), variant)
    print(f"live: {result.collection}")
    print(f"{result.count:,} items in {result.seconds:.1f} s, recall against exact search {result.recall:.3f}")

"""pharos dump and pharos restore."""

from pathlib import Path
from typing import Annotated

import typer


def dump(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that does not exist yet.")],
) -> None:
    """Write the store and all bundles to a folder; a server may be running."""
    from pharos.serving.operations.backup import dump as write_dump
    from pharos.serving.settings import load_settings

    counts = write_dump(load_settings(), folder)
    print(f"{folder}: {counts['items']:,} items, {counts['users']:,} users, {counts['events']:,} events")


def restore(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="What `pharos dump` wrote.")],
) -> None:
    """Fill an empty store from a dump; `pharos index` then makes it live."""
    from pharos.serving.operations.backup import restore as read_dump
    from pharos.serving.settings import load_settings

    counts = read_dump(load_settings(), folder)
    print(f"{counts['items']:,} items, {counts['users']:,} users, {counts['events']:,} events; now run `pharos index`")

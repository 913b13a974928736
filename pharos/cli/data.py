"""pharos import."""

from typing import Annotated

import typer

from pharos.cli.options import DataSource


def import_data(
    data: DataSource,
    replace: Annotated[bool, typer.Option("--replace", help="Empty the store first.")] = False,
) -> None:
    """Load items, users and events into the store; again is harmless."""
    from pharos.cli.progress import terminal_progress
    from pharos.ingest.load import load_dataset
    from pharos.serving.parts import open_store
    from pharos.serving.settings import load_settings

    settings = load_settings()
    progress = terminal_progress()
    dataset = load_dataset(data, progress=progress)
    for line in dataset.report.lines():
        progress.say(line)
    with open_store(settings) as store:
        counts = store.import_dataset(dataset, progress, replace=replace)
    print(f"items   {counts.items:>10,}   {counts.items_changed:>10,} new or changed")
    print(f"users   {counts.users:>10,}   {counts.users_changed:>10,} new or changed")
    print(f"events  {counts.events:>10,}   {counts.events_added:>10,} new")

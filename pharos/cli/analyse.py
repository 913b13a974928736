"""pharos analyse."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pharos.ingest.dataset import Dataset
    from pharos.serving.settings import Settings
    from pharos.towers.progress import Progress


def analyse(
    out: Annotated[Path, typer.Option(help="Folder to write pictures, tables and the page to.")],
    bundle: Annotated[
        str | None, typer.Argument(metavar="[BUNDLE]", help="The bundle's id or folder; by default the newest.")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(metavar="DATA", help="Items and events to look at, a folder or ml-100k; by default the store's."),
    ] = None,
    factors: Annotated[int, typer.Option(min=1, max=20, help="Principal components of the item vectors.")] = 6,
    item: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="An item whose neighbours are shown. May be repeated.")
    ] = None,
    label: Annotated[str | None, typer.Option(metavar="FEATURE", help="Category or tags that colour the maps.")] = None,
    number: Annotated[str | None, typer.Option(metavar="FEATURE", help="Number that colours the map of items.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Random seed.")] = 0,
) -> None:
    """Analyse a bundle: item biases, factors, maps, nearest neighbours, and the importance of ranking features."""
    from pharos.cli.progress import terminal_progress
    from pharos.evaluation.analysis.analyse import analyse as look
    from pharos.evaluation.analysis.subject import AnalysisSettings
    from pharos.serving.settings import load_settings
    from pharos.towers.bundle.bundle import Bundle

    settings, progress = load_settings(), terminal_progress()
    chosen = AnalysisSettings(factors=factors, items=tuple(item or ()), label=label, number=number, seed=seed % 2**32)
    loaded = Bundle.load(_folder(bundle, settings), settings.texts_dir)
    print(look(loaded, _dataset(data, settings, progress), chosen, out=out, progress=progress))


def _folder(bundle: str | None, settings: "Settings") -> Path:
    """The folder of a bundle by its id or path; without a name, of the newest."""
    from pharos.serving.errors import NotReady, UnknownBundle
    from pharos.towers.bundle.bundle import MANIFEST, bundle_ids

    known = bundle_ids(settings.bundles_dir)
    if bundle is None:
        if not known:
            raise NotReady("bundle", f"there is no bundle in {settings.bundles_dir}; `pharos train` makes one")
        return settings.bundles_dir / known[-1]
    if bundle in known:
        return settings.bundles_dir / bundle
    if (Path(bundle) / MANIFEST).is_file():
        return Path(bundle)
    raise UnknownBundle(bundle, known)


def _dataset(data: str | None, settings: "Settings", progress: "Progress") -> "Dataset":
    """The named data set, or the content of the store."""
    from pharos.ingest.load import load_dataset
    from pharos.serving.errors import StoreError
    from pharos.serving.parts import open_store

    if data is not None:
        dataset = load_dataset(data)
        for line in dataset.report.lines():
            progress.say(line)
        return dataset
    with open_store(settings) as store:
        dataset = store.dataset()
    if dataset.items.empty:
        raise StoreError("the store has no items: `pharos import DATA` brings some, or name a data set with --data")
    return dataset

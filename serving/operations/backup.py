"""Dumps store and bundles to a folder, and restores them."""

import secrets
import shutil
from pathlib import Path
from typing import Final

from pharos.ingest.durable_files import make_durably
from pharos.ingest.file_sums import damage, publish
from pharos.serving.errors import Conflict, StoreError
from pharos.serving.parts import open_store
from pharos.serving.settings import Settings
from pharos.towers.bundle.bundle import bundle_ids

_SUMS: Final = "sums.json"
_STORE: Final = "store"
_BUNDLES: Final = "bundles"


def dump(settings: Settings, folder: Path) -> dict[str, int]:
    """Dump a snapshot of the store and all bundles to a new folder, in one atomic step; returns the row count by table.

    A server may go on meanwhile. Raises Conflict where the folder is there already, and StoreError.
    """
    folder = folder.resolve()
    if folder.exists():
        raise Conflict(f"{folder} is there already; name a folder that is not")
    make_durably(folder.parent)
    partial = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    (partial / _STORE).mkdir(parents=True)
    try:
        with open_store(settings) as store:
            counts = store.dump(partial / _STORE)
        for bundle in bundle_ids(settings.bundles_dir):
            shutil.copytree(settings.bundles_dir / bundle, partial / _BUNDLES / bundle)
        publish(partial, folder, _SUMS)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return counts


def restore(settings: Settings, folder: Path) -> dict[str, int]:
    """Fill an empty store from a dump, and add bundles that are missing; returns the row count by table.

    Nothing is changed where a file of the dump is not as it was written. Raises StoreError.
    """
    found = damage(folder, folder / _SUMS)
    if found is None:
        raise StoreError(f"there is no dump in {folder}: {_SUMS} is missing or damaged")
    if found:
        raise StoreError(f"the dump in {folder} is damaged: {found}")
    with open_store(settings) as store:
        counts = store.restore(folder / _STORE)
    for bundle in bundle_ids(folder / _BUNDLES):
        place = settings.bundles_dir / bundle
        if not place.exists():
            partial = settings.bundles_dir / f".{bundle}.partial"
            shutil.rmtree(partial, ignore_errors=True)
            shutil.copytree(folder / _BUNDLES / bundle, partial)
            publish(partial, place, _SUMS)
    return counts
